"""Puts a marker of its own into every text element of DICOM files, at every depth.

mark-every-text.py OUT FILE...  writes OUT/0.dcm, OUT/1.dcm ... and prints, as one line of JSON for each, the file it came
from and for each marker the tag of its element and of the sequences around it. Files that pydicom cannot read are told.
"""
import json
import sys
import warnings

import pydicom

warnings.simplefilter("ignore")
TEXT = {"AE", "CS", "SH", "LO", "ST", "LT", "UC", "UT", "PN", "UN"}
# What says what the object is and how its text and pixels are to be read.
LEFT = {0x00080005, 0x00080016, 0x00280004}


def mark(dataset, around, found, depth=0):
    for element in dataset:
        tag = int(element.tag)
        if element.VR == "SQ":
            for item in element.value:
                mark(item, around + [f"{tag:08X}"], found, depth + 1)
        elif element.VR in TEXT and tag not in LEFT and tag >> 16 != 2:
            if element.tag.is_private_creator or (element.VR == "UN" and len(element.value or b"") > 0 and depth):
                continue
            number = len(found)
            marker = f"MRK{number:06d}X"
            try:
                element.value = marker.encode() + b" " if element.VR == "UN" else marker
            except Exception:
                continue
            found.append({"marker": marker, "tag": f"{tag:08X}", "vr": element.VR, "around": around})


out, files = sys.argv[1], sys.argv[2:]
for index, path in enumerate(files):
    try:
        dataset = pydicom.dcmread(path)
        found = []
        mark(dataset, [], found)
        dataset.save_as(f"{out}/{index}.dcm", write_like_original=True)
        print(json.dumps({"path": path, "index": index, "markers": found}))
    except Exception as error:  # noqa: BLE001
        print(json.dumps({"path": path, "index": index, "error": type(error).__name__}))
