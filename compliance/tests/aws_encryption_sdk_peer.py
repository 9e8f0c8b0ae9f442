"""Seals or opens every case in a folder with the PyPI package aws-encryption-sdk and a raw AES master key.

The folder holds cases.json: [{"name", "key" (base64), "namespace", "key_name", "context", "frame_bytes"}]. `seal` turns NAME.plain into
NAME.sealed, `open` turns NAME.sealed into NAME.plain. Keys and content are synthetic.
"""

import base64
import json
import pathlib
import sys

from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.identifiers import Algorithm, EncryptionKeyType, WrappingAlgorithm
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKey

CLIENT = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
SUITE = Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY


def master_key(case):
    wrapping_key = WrappingKey(
        wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        wrapping_key=base64.b64decode(case["key"]),
        wrapping_key_type=EncryptionKeyType.SYMMETRIC,
    )
    return RawMasterKey(provider_id=case["namespace"], key_id=case["key_name"], wrapping_key=wrapping_key)


def seal(folder, case):
    sealed, header = CLIENT.encrypt(
        source=(folder / (case["name"] + ".plain")).read_bytes(),
        key_provider=master_key(case),
        algorithm=SUITE,
        encryption_context=case["context"],
        frame_length=case["frame_bytes"],
    )
    assert header.algorithm is SUITE, "sealed with another suite"
    (folder / (case["name"] + ".sealed")).write_bytes(sealed)


def open_sealed(folder, case):
    plain, header = CLIENT.decrypt(
        source=(folder / (case["name"] + ".sealed")).read_bytes(), key_provider=master_key(case)
    )
    assert header.algorithm is SUITE, "sealed with another suite"
    assert header.encryption_context == case["context"], "bound to another context"
    (folder / (case["name"] + ".plain")).write_bytes(plain)


def main():
    mode, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    work = {"seal": seal, "open": open_sealed}[mode]
    for case in json.loads((folder / "cases.json").read_text()):
        work(folder, case)


if __name__ == "__main__":
    main()
