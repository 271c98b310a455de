"""Invented companies of the simulated market: ticker, name, sector and industry.

Names and symbols are made up from syllables. Every symbol has four letters, no vowel after the
first and at least two of J, K, Q, V, X and Z, a pattern that listed US companies hardly ever have.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

__all__ = ["Company", "companies"]


@dataclass(frozen=True, slots=True)
class Company:
    """One invented company; `sector` and `industry` are GICS names."""

    ticker: str
    name: str
    sector: str
    industry: str


@functools.cache
def companies() -> tuple[Company, ...]:
    """Return every company of the simulated market, sorted by ticker."""
    found = []
    for sector, listed in _COMPANIES.items():
        for entry in listed.split(";"):
            ticker, stem, business = entry.strip().split(maxsplit=2)
            industry = _INDUSTRIES[sector][business]
            found.append(Company(ticker, f"{stem} {business}", sector, industry))
    return tuple(sorted(found, key=lambda company: company.ticker))


# What a name ends in, and the GICS industry that goes with it.
_INDUSTRIES: Final = {
    "Communication Services": {
        "Media": "Broadcasting",
        "Telecom": "Integrated Telecommunication Services",
        "Interactive": "Interactive Media & Services",
    },
    "Consumer Discretionary": {
        "Stores": "Broadline Retail",
        "Motors": "Automobile Manufacturers",
        "Leisure": "Hotels, Resorts & Cruise Lines",
        "Apparel": "Apparel & Luxury Goods",
        "Homes": "Homebuilding",
    },
    "Consumer Staples": {
        "Foods": "Packaged Foods & Meats",
        "Brands": "Personal Care Products",
        "Household": "Household Products",
        "Beverages": "Soft Drinks",
    },
    "Energy": {
        "Petroleum": "Integrated Oil & Gas",
        "Energy": "Oil & Gas Exploration & Production",
        "Pipelines": "Oil & Gas Storage & Transportation",
    },
    "Financials": {
        "Bancorp": "Regional Banks",
        "Financial": "Consumer Finance",
        "Insurance Group": "Property & Casualty Insurance",
        "Capital Markets": "Asset Management & Custody Banks",
    },
    "Health Care": {
        "Therapeutics": "Biotechnology",
        "Medical": "Health Care Equipment",
        "Health Partners": "Health Care Facilities",
        "Diagnostics": "Life Sciences Tools & Services",
    },
    "Industrials": {
        "Industries": "Industrial Conglomerates",
        "Aerospace": "Aerospace & Defense",
        "Logistics": "Air Freight & Logistics",
        "Engineering": "Construction & Engineering",
        "Machinery": "Industrial Machinery",
    },
    "Information Technology": {
        "Systems": "Technology Hardware",
        "Software": "Application Software",
        "Semiconductor": "Semiconductors",
        "Data": "IT Consulting & Other Services",
        "Networks": "Communications Equipment",
    },
    "Materials": {
        "Chemical": "Specialty Chemicals",
        "Metals": "Diversified Metals & Mining",
        "Packaging": "Paper & Plastic Packaging",
    },
    "Real Estate": {
        "Properties": "Diversified REITs",
        "Residential": "Multi-Family Residential REITs",
        "Realty Trust": "Retail REITs",
    },
    "Utilities": {
        "Electric": "Electric Utilities",
        "Power & Light": "Multi-Utilities",
        "Water": "Water Utilities",
        "Gas": "Gas Utilities",
    },
}

# Counts per sector follow those of a large-cap US index.
_COMPANIES: Final = {
    "Communication Services": """
        DKZM Duskozim Media; KLVR Kelvumere Telecom; CZMX Cazmevex Interactive; JRVX Jorevex Media;
        KLJD Kalijord Telecom; NXQT Nyxoquist Interactive; KSTX Kestavex Media;
        ZPHV Zephenova Telecom; NVKR Nevikar Interactive; DVQN Dravquen Media
    """,
    "Consumer Discretionary": """
        NVZM Nevzim Stores; ORVX Orvuvex Motors; FNVX Fenwuvex Leisure; SZQN Sazraquen Apparel;
        SRVX Sorvivex Homes; XRJD Xerojord Stores; FRVX Fyrvex Motors; LVKR Lorvikar Leisure;
        LVZN Lorvozen Apparel; QLJD Qualijord Homes; NRVX Norxavex Stores; KVWL Koviwell Motors;
        JVRL Javradell Leisure; LZKR Lazrukar Apparel; ZRQN Zoraquen Homes; JNDX Jundivex Stores;
        MZKR Mirzukar Motors; DZRX Dozravex Leisure; MVZN Morvazen Apparel; WXKR Wexikar Homes;
        VLKR Varlukar Stores; KSZN Kestezen Motors; DKVN Duskevane Leisure; GVKR Glavukar Apparel;
        KVDN Kovidyne Homes; CRVX Corvevex Stores
    """,
    "Consumer Staples": """
        HKZN Heskozen Foods; JVMR Javromere Brands; BZLV Bazlunova Household;
        VNKR Varnakar Beverages; JRZM Jorizim Foods; VRZM Varlezim Brands; VNZM Vondizim Household;
        VSKX Vaskovex Beverages; VLZM Velzim Foods; KLVG Kelvuberg Brands; KVLN Kovlane Household;
        PVRX Pavravex Beverages; DZKR Dozrokar Foods; VDZN Vondozen Brands;
        PXVN Parxevane Household; TRVX Tyrvex Beverages; GLVX Glavevex Foods
    """,
    "Energy": """
        RZLV Rozlonova Petroleum; RVKN Ravkuvane Energy; ELVX Elvevex Pipelines;
        ZRVX Zoravex Petroleum; PRVX Praskavex Energy; XNJD Xanjord Pipelines;
        ULVX Ulmvex Petroleum; KVFD Kovefield Energy; RVKT Ravkugate Pipelines;
        JRNV Javrunova Petroleum; YVZN Yelvuzen Energy; KLZM Kalozim Pipelines
    """,
    "Financials": """
        JNKR Jundakar Bancorp; SZRX Sazrovex Financial; PLKV Pelkunova Insurance Group;
        ZNDX Zundivex Capital Markets; TZMV Tazmenova Bancorp; PVQN Pavrequen Financial;
        BRXK Braxamark Insurance Group; MRZX Mirzevex Capital Markets; JSKD Jaskiland Bancorp;
        BRVX Brevevex Financial; VRZN Varnuzen Insurance Group; YVKR Yelvakar Capital Markets;
        ZDQN Zunduquen Bancorp; ZRKS Zorukess Financial; TVQN Thavuquen Insurance Group;
        KVTN Kovtarn Capital Markets; QRJD Quorujord Bancorp; WKVN Wilkivane Financial;
        KVMT Kovimont Insurance Group; WXZN Wexizen Capital Markets; VLZN Velazen Bancorp;
        OVKR Orvakar Financial; KVLM Kovalume Insurance Group; VRNX Varnavex Capital Markets;
        ZRJD Zorujord Bancorp; KVZM Kovazim Financial; PKZM Pelkezim Insurance Group;
        KVQN Kovuquen Capital Markets; ZLKR Zelmokar Bancorp; VLKS Velakess Financial
    """,
    "Health Care": """
        KHLX Khalivex Therapeutics; LZVN Lazruvane Medical; JRQN Jorequen Health Partners;
        QRVX Quoruvex Diagnostics; JRKS Jorkess Therapeutics; WXNV Wexenova Medical;
        JDZN Jundizen Health Partners; QLZN Qualzen Diagnostics; XNKR Xanukar Therapeutics;
        DVZM Dravozim Medical; ZRNX Zarnevex Health Partners; KVJD Kovejord Diagnostics;
        HVJD Huvjord Therapeutics; JRZN Jorezen Medical; EVZM Elvazim Health Partners;
        OSVX Ostruvex Diagnostics; THVK Thavimark Therapeutics; KVHM Kovheim Medical;
        CZVN Cazmovane Health Partners; VNDX Vondovex Diagnostics; BRVK Brevmark Therapeutics;
        HVKS Huvekess Medical; BXKR Braxekar Health Partners; PXQN Parxoquen Diagnostics;
        KLVX Kalvex Therapeutics; HKZM Heskozim Medical; OTVX Othvex Health Partners;
        NVMK Nevomark Diagnostics
    """,
    "Industrials": """
        KVBG Kovaberg Industries; HVZN Huvuzen Aerospace; XNQT Xanequist Logistics;
        LVZM Lorvuzim Engineering; LZRX Lazrovex Machinery; TZMX Tazmavex Industries;
        CZKR Cazmikar Aerospace; GRVK Grovmark Logistics; NKZM Nolkuzim Engineering;
        VSKG Vaskeberg Machinery; KVGT Kovugate Industries; BZKR Bazlokar Aerospace;
        XNZM Xanzim Logistics; MZRX Mozrivex Engineering; DVKR Dravikar Machinery;
        KVZN Kovozen Industries; DZVN Dozrevane Aerospace; ZLMX Zelmuvex Logistics;
        PKZN Pelkozen Engineering; WXQT Wexquist Machinery; GRVX Grovavex Industries;
        KVDL Kovudell Aerospace; WKZM Wilkizim Logistics; SKZM Skelzim Engineering;
        JSKT Jaskomont Machinery; EVZN Elvzen Industries; RZLX Rozlivex Aerospace;
        XRZM Xerzim Logistics; YVZM Yelvozim Engineering; KVRN Kovorune Machinery;
        HVZM Huvezim Industries
    """,
    "Information Technology": """
        KVBR Kovbury Systems; WLKX Wilkavex Software; KVWN Kovewyn Semiconductor;
        XRKS Xerokess Data; VLJD Velojord Networks; MZRK Mozramark Systems;
        SKQN Selkiquen Software; QRVN Quoravane Semiconductor; LRXK Larxumark Data;
        RZMX Rizmuvex Networks; MRVX Morvovex Systems; PVZM Pavruzim Software;
        NLKX Nolkuvex Semiconductor; WXJD Wexijord Data; ZPKR Zephikar Networks;
        NVKS Nevkess Systems; ZLRK Zillomark Software; JSKX Jaskavex Semiconductor;
        PRXV Parxanova Data; VRLX Varlevex Networks; CVZM Corvizim Systems; EVKR Elvikar Software;
        LXKR Larxakar Semiconductor; HKVN Heskovane Data; NVQT Nevquist Networks;
        RZVN Rozlovane Systems; XRZN Xerzen Software; NVJD Nevjord Semiconductor;
        XNKS Xanikess Data; SLKX Selkevex Networks; YRVX Yorovex Systems
    """,
    "Materials": """
        KSZM Kestuzim Chemical; BZVN Bazlivane Metals; KVHT Kovoholt Packaging;
        CVZN Corvezen Chemical; ZRQT Zoroquist Metals; HVQT Huvuquist Packaging;
        ZNKR Zarnukar Chemical; VLQT Veloquist Metals; ZNDV Zundonova Packaging;
        WXKS Wexokess Chemical; MRZV Mirzonova Metals; QLNV Qualenova Packaging;
        XRQT Xeriquist Chemical
    """,
    "Real Estate": """
        TVZM Thavezim Properties; ZLMK Zelmumark Residential; HVKR Huvukar Realty Trust;
        TZKR Tazmikar Properties; MVKR Morvokar Residential; ZPQN Zephuquen Realty Trust;
        RSKX Ruskivex Properties; RKZM Ruskuzim Residential; ZLVX Zillivex Realty Trust;
        VSRK Vaskimark Properties; JRQT Joroquist Residential; KHZM Khalzim Realty Trust;
        RVKM Ravkazim Properties
    """,
    "Utilities": """
        KLZN Kalazen Electric; OVZM Orvzim Power & Light; BVKR Brevukar Water; SZKR Sazrukar Gas;
        DKZN Duskizen Electric; SKLX Skelvex Power & Light; TVKR Trevekar Water; OVZN Orvezen Gas;
        SVZM Sorvizim Electric; LXZN Larxezen Power & Light; GVZN Grovzen Water; RKZN Ruskazen Gas;
        SKZN Skelizen Electric
    """,
}
