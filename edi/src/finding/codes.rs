//! The acknowledgments' own codes.

use crate::guide::Packed;

/// A table of codes: each variant, its code, what it says.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`")] $(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it stands in the acknowledgment.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// From the code as it stands in an acknowledgment.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    /// TA105.
    InterchangeCode {
        /// no error
        NoError = "000",
        /// ISA13 and IEA02 differ
        ControlNumberMismatch = "001",
        /// the standard of the controls is not supported
        Standard = "002",
        /// the version of the controls is not supported
        Version = "003",
        /// invalid segment terminator
        Terminator = "004",
        /// invalid sender qualifier
        SenderQualifier = "005",
        /// invalid sender id
        Sender = "006",
        /// invalid receiver qualifier
        ReceiverQualifier = "007",
        /// invalid receiver id
        Receiver = "008",
        /// unknown receiver
        UnknownReceiver = "009",
        /// invalid authorization qualifier
        AuthorizationQualifier = "010",
        /// invalid authorization
        Authorization = "011",
        /// invalid security qualifier
        SecurityQualifier = "012",
        /// invalid security information
        Security = "013",
        /// invalid date
        Date = "014",
        /// invalid time
        Time = "015",
        /// invalid standards id
        StandardsId = "016",
        /// invalid version id
        VersionId = "017",
        /// invalid control number
        ControlNumber = "018",
        /// invalid acknowledgment request
        AcknowledgmentRequest = "019",
        /// invalid test indicator
        TestIndicator = "020",
        /// invalid number of groups
        GroupCount = "021",
        /// invalid control structure
        ControlStructure = "022",
        /// premature end of file
        PrematureEnd = "023",
        /// invalid content
        Content = "024",
        /// duplicate control number
        Duplicate = "025",
        /// invalid element separator
        ElementSeparator = "026",
        /// invalid component separator
        ComponentSeparator = "027",
        /// invalid delivery date in a deferred delivery request
        DeliveryDate = "028",
        /// invalid delivery time in a deferred delivery request
        DeliveryTime = "029",
        /// invalid delivery time code in a deferred delivery request
        DeliveryTimeCode = "030",
        /// invalid grade of service
        ServiceGrade = "031",
    }
}

codes! {
    /// AK905.
    GroupCode {
        /// functional group not supported
        Group = "1",
        /// version not supported
        Version = "2",
        /// trailer missing
        TrailerMissing = "3",
        /// GS06 and GE02 differ
        ControlNumberMismatch = "4",
        /// GE01 is not the number of sets
        SetCount = "5",
        /// GS06 is no control number
        ControlNumber = "6",
        /// GS06 stood before in this interchange
        ControlNumberTwice = "19",
    }
}

codes! {
    /// IK502.
    SetCode {
        /// transaction set not supported
        NotSupported = "1",
        /// trailer missing
        TrailerMissing = "2",
        /// ST02 and SE02 differ
        ControlNumberMismatch = "3",
        /// SE01 is not the number of segments
        SegmentCount = "4",
        /// segments in error
        Segments = "5",
        /// ST01 is no set identifier
        Identifier = "6",
        /// ST02 is missing or no control number
        ControlNumber = "7",
        /// ST02 stood before in this group
        ControlNumberTwice = "23",
        /// segments in error by the implementation guide
        GuideSegments = "I5",
        /// implementation convention not supported
        Convention = "I6",
    }
}

codes! {
    /// IK304.
    SegmentCode {
        /// unrecognized segment id
        Unrecognized = "1",
        /// unexpected segment
        Unexpected = "2",
        /// required segment missing
        Missing = "3",
        /// loop over its maximum
        LoopOverMax = "4",
        /// segment over its maximum
        OverMax = "5",
        /// segment not in the transaction set
        NotInSet = "6",
        /// segment out of sequence
        Sequence = "7",
        /// segment has element errors
        Elements = "8",
        /// segment that the guide does not use
        NotUsed = "I4",
        /// segment missing that another one asks for
        DependentMissing = "I6",
        /// loop below the guide's minimum
        LoopUnderMin = "I7",
        /// segment below the guide's minimum
        UnderMin = "I8",
        /// segment that another one rules out
        DependentNotUsed = "I9",
    }
}

codes! {
    /// IK403.
    ElementCode {
        /// required element missing
        Missing = "1",
        /// conditionally required element missing
        ConditionMissing = "2",
        /// too many elements
        TooManyElements = "3",
        /// too short
        TooShort = "4",
        /// too long
        TooLong = "5",
        /// invalid character
        Character = "6",
        /// invalid code
        Code = "7",
        /// invalid date
        Date = "8",
        /// invalid time
        Time = "9",
        /// exclusion condition violated
        Exclusion = "10",
        /// too many repetitions
        TooManyRepetitions = "12",
        /// too many components
        TooManyComponents = "13",
        /// code that the guide does not use
        GuideCode = "I6",
        /// element missing that another one asks for
        DependentMissing = "I9",
        /// element that the guide does not use
        NotUsed = "I10",
        /// too few repetitions
        TooFewRepetitions = "I11",
        /// does not match the guide's pattern
        Pattern = "I12",
        /// element that another one rules out
        DependentNotUsed = "I13",
    }
}

/// STC01 of a 277CA: category, status, and the entity that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BusinessCode {
    /// Claim status category: `A7`.
    pub category: &'static str,
    /// Claim status: `562`.
    pub status: &'static str,
    /// Entity identifier (NM101), where the status asks for one.
    pub entity: Option<Packed<4>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_both_ways() {
        for code in InterchangeCode::ALL {
            assert_eq!(InterchangeCode::from_code(code.code()), Some(*code));
        }
        assert_eq!(InterchangeCode::ALL.len(), 32);
        assert_eq!(ElementCode::from_code("I10"), Some(ElementCode::NotUsed));
        assert_eq!(SegmentCode::from_code("99"), None);
    }
}
