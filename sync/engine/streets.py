"""House number and street of an address, in the form in which two spellings of it are the same."""

from __future__ import annotations

import polars as pl

# Words that are written out or shortened, and what they are shortened to (source: USPS Publication 28, appendices C1 and
# C2 and section 233; of the suffixes and units those that are common in residential addresses).
_SHORT = {
    "alley": "aly", "avenue": "ave", "av": "ave", "bend": "bnd", "boulevard": "blvd", "bluff": "blf", "branch": "br",
    "bridge": "brg", "brook": "brk", "canyon": "cyn", "center": "ctr", "circle": "cir", "court": "ct", "cove": "cv",
    "creek": "crk", "crescent": "cres", "crossing": "xing", "drive": "dr", "estates": "ests", "expressway": "expy",
    "fort": "ft", "freeway": "fwy", "garden": "gdn", "gardens": "gdns", "glen": "gln", "grove": "grv", "harbor": "hbr",
    "heights": "hts", "highway": "hwy", "hill": "hl", "hills": "hls", "hollow": "holw", "island": "is",
    "junction": "jct", "lake": "lk", "landing": "lndg", "lane": "ln", "manor": "mnr", "meadow": "mdw",
    "meadows": "mdws", "mount": "mt", "mountain": "mtn", "parkway": "pkwy", "place": "pl", "plaza": "plz",
    "point": "pt", "ridge": "rdg", "river": "riv", "road": "rd", "route": "rte", "saint": "st", "shore": "shr",
    "spring": "spg", "springs": "spgs", "square": "sq", "station": "sta", "street": "st", "str": "st", "summit": "smt",
    "terrace": "ter", "trail": "trl", "turnpike": "tpke", "valley": "vly", "view": "vw", "village": "vlg",
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se",
    "southwest": "sw",
    "apartment": "apt", "building": "bldg", "floor": "fl", "penthouse": "ph", "room": "rm", "space": "spc",
    "suite": "ste", "trailer": "trlr",
}  # fmt: skip


def street(address: pl.Expr) -> pl.Expr:
    """What stands before the first comma or line break, without case and punctuation, its words shortened."""
    first = address.str.extract(r"^\s*([^,\r\n]*)", 1).str.to_lowercase()
    # Of two letters with a point between them and no space; "S. E St" is a street that has a letter for a name.
    first = first.str.replace_all(r"\b([ns])\.([ew])\b", "$1$2")
    words = first.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars().str.split(" ")
    told = words.list.eval(pl.element().replace(_SHORT)).list.join(" ")
    return pl.when(told.str.len_bytes() > 0).then(told)
