"""Invented people, businesses, streets and the ways in which people mistype them.

Every value is a combination of the lists below. E-mail domains are subdomains of example.com, .org and .net, and
telephone numbers use the exchange 555-01xx, so nothing here reaches anybody.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


FIRST = _words(
    "Abel Ada Aisha Alma Amos Anika Anton Arlo Asha Astrid August Avery Basil Beatriz Bela Bram Bridget Bruno Calla "
    "Camila Carmen Cato Cecil Celia Cleo Clyde Cora Cyrus Dahlia Dara Darius Delia Desmond Dina Dov Edda Edwin Elena "
    "Elias Elsa Emil Enid Ester Ezra Fabian Farah Felix Fern Fiona Flora Frida Gemma Gideon Gita Greta Gus Hana Harlan "
    "Hazel Hector Henrik Hugo Ida Ilse Imani Ines Ingrid Irma Isaac Ivan Jada Jonas Joaquin Judith Juno Kai Kalle Kamal "
    "Kenji Keira Lamar Lars Leila Lena Leo Lidia Linus Lola Lorenzo Lucia Luis Mabel Magnus Malik Mara Marisol Mateo "
    "Maud Mei Mila Milo Mina Mira Moses Nadia Naomi Nestor Nico Nina Noor Odette Olga Omar Opal Oren Oscar Otis Paloma "
    "Pavel Petra Phoebe Priya Quinn Rafael Rania Rhea Rocco Rosa Roman Ruben Ruth Sabine Samir Selma Silas Simone Sonia "
    "Stella Sven Tamar Tariq Tessa Theo Thora Tilda Tomas Uma Ursula Vera Viktor Vivian Walter Wanda Willa Xavier Yara "
    "Yusuf Zelda Zora"
)

LAST = _words(
    "Abbott Acosta Alder Amari Anders Arce Ashby Avila Baird Banerjee Barlow Becker Bellamy Benitez Bergman Birch "
    "Blackwood Bolt Borges Brandt Briggs Brockway Bui Calder Calloway Campos Carver Castell Chen Cho Clement Cobb Corbin "
    "Cortez Crane Crisp Cruz Dahl Dalton Danek Darby Dawes Delgado Devlin Dixon Doan Draper Duarte Dunn Ebert Eckhart "
    "Eden Eliot Ellery Emerson Engel Escobar Everly Fairbank Farr Faulk Fenn Ferrara Finch Flood Forsyth Frost Fuentes "
    "Gable Gaines Gallo Garrity Geller Gill Glass Goss Gower Grady Granger Guerra Haas Hadley Hale Halloran Hardy Harlow "
    "Hatch Haugen Heller Herrera Hobbs Holm Horvath Huerta Hume Hyde Ibarra Ingram Irwin Ivers Jansen Jara Jensen Joshi "
    "Kane Kaplan Keane Kemp Kessler Khan Kirby Klein Knox Kolar Krause Lacey Lam Lanier Larkin Lasky Leal Lennox Levy "
    "Lindgren Locke Lowry Lund Macias Madden Maki Malone Marek Marsh Mather Mayhew Mead Medina Mercer Merritt Meyer Mills "
    "Moffat Molina Montoya Moran Morrow Moss Muir Nakata Nash Neely Nguyen Nilsen Noble Nolan Novak Nunez Oakes Ochoa "
    "Olsen Ortega Osborn Otero Pace Padilla Palmer Park Patel Pavlik Peck Penn Pereira Petrov Pham Pierce Pike Pohl "
    "Pratt Prieto Quill Quiroga Radley Rahman Ramsey Rao Ravel Reyes Rhodes Rigby Rios Roark Rojas Rossi Rowan Ruiz "
    "Sadler Salas Sato Sawyer Schmidt Seger Serrano Shaw Silva Singh Sloan Solis Sorensen Stark Steele Storm Strand Suarez "
    "Sykes Tanaka Tate Teller Thorne Tobin Torres Tran Trask Tully Umber Urban Valdez Vance Varga Vega Vickers Vo Voss "
    "Wade Walsh Ward Webb Weiss Welch West Whitlock Wilder Wolfe Wray Wu Yarrow Yates Yoder York Zamora Zeller Zielinski"
)

STREETS = _words(
    "Alpine Amber Antelope Arapaho Aspen Basalt Bear Creek Beaver Birchwood Bluebell Bluff Boulder Ridge Brook Buckeye "
    "Bluestem Canyon Cascade Cattail Cedar Chaparral Cherry Hollow Clover Columbine Copper Cottonwood Coyote Run Crestone "
    "Dawn Deer Trail Dogwood Eagle Elk Meadow Ember Falcon Fern Fireweed Flagstone Fox Glen Garnet Glacier Golden Eagle "
    "Granite Grove Hawk Hawthorn Heron Hickory Highline Hummingbird Indigo Iris Ironwood Jasper Juniper Kestrel Kinnikinnick "
    "Lark Larkspur Laurel Limestone Linden Lupine Magpie Maple Mariposa Meadowlark Mesa Mill Mistletoe Moonstone Mountain "
    "Mulberry Oak Onyx Orchard Osprey Owl Paintbrush Partridge Pebble Pine Piney Pioneer Plum Ponderosa Prairie Quail "
    "Quartz Rabbit Brush Raven Red Cloud Redstone Ridgeline River Robin Rose Quartz Sage Sandstone Saddle Shadow Silver "
    "Slate Snowberry Spruce Starling Stone Summit Sunflower Tamarack Thistle Thunder Timber Trailhead Trout Tumbleweed "
    "Twilight Valley Vista Wagon Wheel Walnut Willow Windmill Wren Yarrow Yucca"
)

SUFFIXES = ("St", "St", "St", "Ave", "Ave", "Ct", "Way", "Dr", "Dr", "Ln", "Pl", "Cir")

BUSINESS_FIRST = _words(
    "Alder Antler Bluebird Bristlecone Canyon Cinder Columbine Copper Crestline Driftwood Evergreen Foothill Front Garnet "
    "Granite Harvest Highline Juniper Kestrel Lantern Larkspur Meadow Mesa Milepost Northgate Owl Paintbrush Pinyon "
    "Ponderosa Prairie Redstone Ridgeway Sagebrush Silverthorn Skyline Snowcap Spruce Summit Timberline Wheatland"
)
BUSINESS_LAST = _phrases(
    "Auto Care|Bakery|Brewing|Business Park|Cold Storage|Dental|Family Practice|Fitness|Garden Center|Homeowners Association|"
    "Inn|Laundry|Lofts|Machine Works|Montessori|Nursery|Physical Therapy|Plaza|Self Storage|Tile & Stone|Townhomes|"
    "Veterinary Clinic|Warehouse"
)
BUSINESS_FORM = ("", "", " LLC", " Inc", " Inc.", " Co", " Ltd.")

MAIL_HOSTS = (
    "mail.example.com",
    "home.example.net",
    "post.example.org",
    "inbox.example.com",
    "fastmail.example.net",
    "family.example.org",
)

LOCAL_AREA_CODES = ("303", "720", "970", "719")


class PhoneBook:
    """Deals out telephone numbers as ten digits, every third one local, each once until all are used up.

    One area code holds only the hundred numbers 555-0100..0199, so most people "brought their number along" from
    elsewhere; about 70,000 differ before the first one is dealt twice.
    """

    def __init__(self, rng: random.Random) -> None:
        self._codes = [str(n) for n in range(201, 990) if n % 100 != 11 and n // 10 % 10 != 9]
        self._codes = [code for code in self._codes if code not in LOCAL_AREA_CODES]
        rng.shuffle(self._codes)
        self._dealt = count()

    def next(self) -> str:
        dealt = next(self._dealt)
        codes: Sequence[str] = self._codes
        if dealt % 3 == 0 and dealt < 3 * 100 * len(LOCAL_AREA_CODES):
            codes, dealt = LOCAL_AREA_CODES, dealt // 3
        return f"{codes[dealt % len(codes)]}5550{100 + dealt // len(codes) % 100}"


PHONE_FORMATS = (
    "({0}) {1}-{2}",
    "({0}) {1}-{2}",
    "({0}) {1}-{2}",
    "{0}-{1}-{2}",
    "{0}{1}{2}",
    "+1{0}{1}{2}",
    "{0}.{1}.{2}",
    "1 {0} {1} {2}",
    "({0}){1}-{2} ",
    "{0} {1}{2} cell",
)


def phone_text(digits: str, form: int) -> str:
    """Ten digits as somebody types them; `form` indexes `PHONE_FORMATS`, of which the first three are tidy."""
    return PHONE_FORMATS[form].format(digits[:3], digits[3:6], digits[6:])


def business(rng: random.Random) -> str:
    return f"{rng.choice(BUSINESS_FIRST)} {rng.choice(BUSINESS_LAST)}{rng.choice(BUSINESS_FORM)}"


def personal_mail(rng: random.Random, first: str, last: str) -> str:
    return f"{first}.{last}{rng.randrange(1, 99)}@{rng.choice(MAIL_HOSTS)}".lower()


def work_mail(first: str, business_name: str) -> str:
    host = "".join(c for c in business_name.split(" LLC")[0].split(" Inc")[0].lower() if c.isalnum())
    return f"{first.lower()}@{host}.example.com"


def mistyped(rng: random.Random, text: str) -> str:
    """The same name as a hurried person leaves it: capitals, no capitals, spaces where none belong."""
    slip = rng.randrange(5)
    if slip == 0:
        return text.upper()
    if slip == 1:
        return text.lower()
    if slip == 2:
        return f"{text} "
    if slip == 3:
        return f" {text}"
    return text.replace(" ", "  ") if " " in text else f"{text}  "
