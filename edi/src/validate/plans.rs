//! The plans that were made of guides, companions and rules: engines that start again and again take them ready.

use super::Plan;
use super::rules::Rules;
use crate::companion::Companion;
use crate::finding::Snip;
use crate::guide::Guide;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Plans that are kept; the oldest goes for the next one.
const PLANS_MAX: usize = 64;

type Kept = (Snip, Arc<Plan>);

/// What was made of rules for guides, one for each guide, its companions and greatest SNIP type. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Plans(Arc<Mutex<Vec<Kept>>>);

impl Plans {
    /// The plan of a guide under these rules and those of the companions that are for it.
    pub(crate) fn plan(
        &self,
        guide: &Arc<Guide>,
        rules: &Rules,
        companions: &[Companion],
        snip_max: Snip,
    ) -> Arc<Plan> {
        let in_force = |companion: &&Companion| snip_max == Snip::Partner && companion.is_for(guide);
        let companions: Vec<Companion> = companions.iter().filter(in_force).cloned().collect();
        let kept = |plans: &Vec<Kept>| {
            let same = |(snip, plan): &&Kept| {
                *snip == snip_max && Arc::ptr_eq(&plan.guide, guide) && plan.companions == companions
            };
            plans.iter().find(same).map(|(_, plan)| Arc::clone(plan))
        };
        if let Some(plan) = kept(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return plan;
        }
        // Made outside of the lock: two engines may make the same one, and the first stays.
        let plan = Arc::new(Plan::new(Arc::clone(guide), rules, companions.clone(), snip_max));
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = kept(&plans) {
            return plan;
        }
        if plans.len() == PLANS_MAX {
            plans.remove(0);
        }
        plans.push((snip_max, Arc::clone(&plan)));
        plan
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plans")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guides;

    #[test]
    fn a_plan_is_made_once_for_a_guide_and_its_rules_and_no_more_than_so_many_are_kept() {
        let (guides, rules) = (Guides::built_in(), Rules::of([]));
        let guide = guides.iter().next().unwrap();
        let plan = |guide: &Arc<Guide>, snip| rules.plans.plan(guide, &rules.clone(), &[], snip);
        let first = plan(guide, Snip::Guide);
        assert!(Arc::ptr_eq(&first, &plan(guide, Snip::Guide)));
        assert!(!Arc::ptr_eq(&first, &plan(guide, Snip::Partner)));
        let others: Vec<_> = (0..PLANS_MAX).map(|_| Arc::new(Guide::clone(guide))).collect();
        for other in &others {
            plan(other, Snip::Guide);
        }
        assert_eq!(rules.plans.0.lock().unwrap().len(), PLANS_MAX);
        assert!(!Arc::ptr_eq(&first, &plan(guide, Snip::Guide)));
    }
}
