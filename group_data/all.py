"""The reference mairie: what every commune gets unless a narrower layer says otherwise.

Plain data, deep-merged in the order all < syndicate < archipelago < island < role < commune; a
value of None removes a key. Plain ``pyinfra`` reads the same file.
"""

segments = {
    "admin": {"vlan": 10, "slot": 0, "label": "Administration des équipements"},
    "servers": {"vlan": 15, "slot": 1, "label": "Serveurs", "dhcp": False},
    "agents": {"vlan": 20, "slot": 2, "label": "Agents", "people": True},
    "voice": {"vlan": 30, "slot": 3, "label": "Téléphonie"},
    "public": {
        "vlan": 40,
        "slot": 4,
        "label": "Visiteurs",
        "rate_limit": "8M",
        "isolated": True,
    },
    "school": {
        "vlan": 50,
        "slot": 5,
        "label": "École",
        "hours": "school-hours",
        "people": True,
        "filter": True,
    },
    "video": {"vlan": 60, "slot": 6, "label": "Caméras"},
    "things": {"vlan": 70, "slot": 7, "label": "Accès et capteurs"},
}

services = {
    "any": ["any"],
    "icmp": ["icmp"],
    "dhcp": ["udp/67"],
    "dns": ["udp/53", "tcp/53"],
    "ntp": ["udp/123"],
    "ssh": ["tcp/22"],
    "http": ["tcp/80"],
    "https": ["tcp/443"],
    "smb": ["tcp/445"],
    "ipp": ["tcp/631", "tcp/9100"],
    "snmp": ["udp/161"],
    "sip": ["udp/5060", "tcp/5060-5061"],
    "rtp": ["udp/10000-20000"],
    "rtsp": ["tcp/554", "udp/554"],
    "mqtts": ["tcp/8883"],
    "backup": ["tcp/8000"],
    "packages": ["tcp/8001"],
    "radius": ["udp/1812"],
    "submission": ["tcp/465", "tcp/587"],
    # Operators choose the ports of the sound; the firewall's state lets their answers in.
    "trunk": ["tcp/5060-5061", "udp/1024-65535"],
}

flows = {
    # Each segment and its gateway.
    "admin-gateway": {
        "from": "admin",
        "to": "gateway",
        "services": ["dhcp", "dns", "ntp", "icmp", "ssh"],
        "reason": "Un technicien sur place administre la passerelle, lien coupé ou non",
    },
    "access-points-gateway": {
        "from": "access-points",
        "to": "gateway",
        "services": ["radius"],
        "reason": "Les points d'accès demandent à la passerelle qui peut se connecter",
    },
    "admin-admin": {
        "from": "admin",
        "to": "admin",
        "services": ["icmp", "ssh"],
        "reason": "Un technicien sur place administre les points d'accès, lien coupé ou non",
    },
    "ap-hosts-gateway": {
        "from": "ap-hosts",
        "to": "gateway",
        "services": ["radius"],
        "reason": "Les points d'accès de mairie demandent qui peut se connecter",
    },
    "servers-gateway": {
        "from": "servers",
        "to": "gateway",
        "services": ["dns", "ntp", "icmp"],
        "reason": "Noms et heure pour les serveurs",
    },
    "agents-gateway": {
        "from": "agents",
        "to": "gateway",
        "services": ["dhcp", "dns", "ntp", "icmp"],
        "reason": "Adresse, noms et heure pour les postes des agents",
    },
    "voice-gateway": {
        "from": "voice",
        "to": "gateway",
        "services": ["dhcp", "dns", "ntp", "icmp"],
        "reason": "Adresse, noms et heure pour les téléphones",
    },
    "public-gateway": {
        "from": "public",
        "to": "gateway",
        "services": ["dhcp", "dns", "icmp"],
        "reason": "Adresse et noms pour les visiteurs",
    },
    "school-gateway": {
        "from": "school",
        "to": "gateway",
        "services": ["dhcp", "dns", "ntp", "icmp"],
        "reason": "Adresse, noms et heure pour les élèves",
    },
    "video-gateway": {
        "from": "video",
        "to": "gateway",
        "services": ["dhcp", "ntp", "icmp"],
        "reason": "Adresse et heure pour les caméras",
    },
    "things-gateway": {
        "from": "things",
        "to": "gateway",
        "services": ["dhcp", "ntp", "icmp"],
        "reason": "Adresse et heure pour les accès et les capteurs",
    },
    # Towards the internet.
    "agents-internet": {
        "from": "agents",
        "to": "internet",
        "services": ["any"],
        "reason": "Travail des agents",
    },
    "servers-internet": {
        "from": "servers",
        "to": "internet",
        "services": ["http", "https", "ntp"],
        "reason": "Mises à jour des serveurs",
    },
    "ap-hosts-internet": {
        "from": "ap-hosts",
        "to": "internet",
        "services": ["http", "https", "ntp"],
        "reason": "Mises à jour des points d'accès de mairie",
    },
    "telephony-internet": {
        "from": "telephony",
        "to": "internet",
        "services": ["trunk"],
        "reason": "L'autocommutateur appelle l'opérateur téléphonique",
    },
    "mail-internet": {
        "from": "mail",
        "to": "internet",
        "services": ["submission"],
        "reason": "Messages du répondeur et télécopies, par le relais du syndicat",
    },
    "public-internet": {
        "from": "public",
        "to": "internet",
        "services": ["any"],
        "reason": "Accueil des visiteurs",
    },
    "school-internet": {
        "from": "school",
        "to": "internet",
        "services": ["http", "https"],
        "reason": "Classe, aux heures de classe",
    },
    # Inside the commune, all its sites together.
    "agents-agents": {
        "from": "agents",
        "to": "agents",
        "services": ["smb", "ipp", "https", "icmp"],
        "scope": "commune",
        "reason": "Impression et partage entre les bâtiments",
    },
    "agents-servers": {
        "from": "agents",
        "to": "servers",
        "services": ["any"],
        "scope": "commune",
        "reason": "Applications et fichiers de la commune",
    },
    "servers-servers": {
        "from": "servers",
        "to": "servers",
        "services": ["any"],
        "scope": "commune",
        "reason": "Copies et applications entre les bâtiments",
    },
    "voice-servers": {
        "from": "voice",
        "to": "servers",
        "services": ["sip", "rtp", "https", "icmp"],
        "scope": "commune",
        "reason": "Autocommutateur : appels, son, configuration des postes",
    },
    "servers-voice": {
        "from": "servers",
        "to": "voice",
        "services": ["sip", "rtp", "icmp"],
        "scope": "commune",
        "reason": "L'autocommutateur appelle les postes",
    },
    "voice-voice": {
        "from": "voice",
        "to": "voice",
        "services": ["sip", "rtp"],
        "scope": "communes",
        "reason": "Le son va d'un poste à l'autre, entre communes par le siège",
    },
    "video-servers": {
        "from": "video",
        "to": "servers",
        "services": ["rtsp", "https"],
        "scope": "commune",
        "reason": "Enregistreur des caméras",
    },
    "things-servers": {
        "from": "things",
        "to": "servers",
        "services": ["mqtts"],
        "scope": "commune",
        "reason": "Messages des accès et des capteurs",
    },
    # With the hub.
    "gateway-hub": {
        "from": "gateway",
        "to": "hub",
        "services": ["dns", "ntp", "backup", "icmp"],
        "reason": "Noms, heure et sauvegardes par le siège",
    },
    "servers-hub": {
        "from": "servers",
        "to": "hub",
        "services": ["dns", "ntp", "backup", "https", "icmp"],
        "reason": "Services du siège, sauvegardes",
    },
    "agents-hub": {
        "from": "agents",
        "to": "hub",
        "services": ["https", "icmp"],
        "reason": "Services du siège pour les agents",
    },
    "hub-gateway": {
        "from": "hub",
        "to": "gateway",
        "services": ["ssh", "dns", "icmp"],
        "reason": "Le siège administre les passerelles et résout leurs noms",
    },
    "hub-servers": {
        "from": "hub",
        "to": "servers",
        "services": ["ssh", "icmp"],
        "reason": "Le siège administre les serveurs",
    },
    "hub-admin": {
        "from": "hub",
        "to": "admin",
        "services": ["ssh", "https", "snmp", "icmp"],
        "reason": "Le siège surveille les équipements",
    },
    "internet-hub": {
        "from": "internet",
        "to": "hub",
        "services": ["ssh", "icmp"],
        "reason": "Le syndicat reprend la main sur le siège, par clé seulement",
    },
    "telephony-hub": {
        "from": "telephony",
        "to": "hub",
        "services": ["sip", "rtp"],
        "reason": "Appels vers les autres communes, relayés par le siège",
    },
    "packages-hub": {
        "from": "telephony",
        "to": "hub",
        "services": ["packages"],
        "reason": "Paquets que Debian n'a pas, signés par le syndicat",
    },
    "hub-telephony": {
        "from": "hub",
        "to": "telephony",
        "services": ["sip", "rtp"],
        "reason": "Appels des autres communes, relayés par le siège",
    },
    # Technicians and other VPN peers.
    "technicians-hub": {
        "from": "technicians",
        "to": "hub",
        "services": ["ssh", "dns", "ntp", "https", "icmp"],
        "reason": "Administration du siège",
    },
    "technicians-gateway": {
        "from": "technicians",
        "to": "gateway",
        "services": ["ssh", "icmp"],
        "reason": "Administration des passerelles",
    },
    "technicians-servers": {
        "from": "technicians",
        "to": "servers",
        "services": ["ssh", "https", "icmp"],
        "reason": "Administration des serveurs",
    },
    "technicians-admin": {
        "from": "technicians",
        "to": "admin",
        "services": ["any"],
        "reason": "Administration des équipements",
    },
    "peers-hub": {
        "from": "peers",
        "to": "hub",
        "services": ["dns", "ntp", "https", "icmp"],
        "reason": "Services du siège pour les appareils nomades",
    },
}

schedules = {
    "school-hours": {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "07:00",
        "end": "18:00",
    },
}

# Small packs where a link often breaks: an upload that is cut starts its pack again.
# "queue_percent": a queue forms where packets arrive faster than they leave, and only here do calls
# overtake. So less is sent than the modem takes: what frames add on fibre, cells and PPP on DSL,
# bad weather above a satellite, a shared cell. Raise it where the rate was measured.
uplink_classes = {
    "fibre": {
        "mtu": 1500,
        "keepalive": 25,
        "rtt_ms": 20,
        "backup_percent": 50,
        "backup_connections": 5,
        "backup_pack_mib": 16,
        "call_codecs": ["g722", "alaw", "opus", "gsm"],
        "queue_percent": 95,
    },
    "dsl": {
        "mtu": 1492,
        "keepalive": 25,
        "rtt_ms": 40,
        "backup_percent": 50,
        "backup_connections": 5,
        "backup_pack_mib": 16,
        "call_codecs": ["g722", "alaw", "opus", "gsm"],
        "queue_percent": 85,
    },
    "4g": {
        "mtu": 1428,
        "keepalive": 25,
        "rtt_ms": 60,
        "backup_percent": 40,
        "backup_connections": 3,
        "backup_pack_mib": 4,
        "call_codecs": ["opus", "alaw", "gsm"],
        "queue_percent": 80,
    },
    "satellite": {
        "mtu": 1400,
        "keepalive": 25,
        "rtt_ms": 600,
        "backup_percent": 30,
        "backup_connections": 2,
        "backup_pack_mib": 4,
        "call_codecs": ["opus", "gsm"],
        "queue_percent": 85,
    },
}

# Half of what an uplink carries is what the middle class of cake has before the rest (cake(8),
# diffserv4): what leaves the tunnel never waits behind a visitor's upload.
queueing = {"tunnel_percent": 50}

dns = {
    "fallback": ["9.9.9.9", "149.112.112.112", "2620:fe::fe"],
    "cache_size": 10000,
    "stale_seconds": 604800,
}

# What pupils are not told. "doh": resolvers that would answer beside this one. Refused names are
# asked by browsers and telephones to learn whether they may go elsewhere: refused, they do not.
# Addresses are the engines' own for networks that force the filtering of results.
dns_filter = {
    "lists": ["doh", "exemple"],
    "allowed": [],
    "refused": ["use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com"],
    "safe_search": {
        "google": {
            "names": [
                f"www.google.{end}" for end in ("com", "fr", "be", "ch", "ca", "de", "es", "it")
            ],
            "target": "forcesafesearch.google.com",
            "addresses": ["216.239.38.120", "2001:4860:4802:32::78"],
            "source": "support.google.com/websearch/answer/186669",
        },
        "youtube": {
            "names": [
                "www.youtube.com",
                "m.youtube.com",
                "youtubei.googleapis.com",
                "youtube.googleapis.com",
                "www.youtube-nocookie.com",
            ],
            "target": "restrict.youtube.com",
            "addresses": ["216.239.38.120", "2001:4860:4802:32::78"],
            "source": "support.google.com/a/answer/6214622",
        },
        "bing": {
            "names": ["www.bing.com", "edgeservices.bing.com"],
            "target": "strict.bing.com",
            "addresses": ["204.79.197.220"],
            "source": "support.microsoft.com, « Blocking adult content with SafeSearch »",
        },
        # It publishes no address: the engine itself is refused, the filtering one is there.
        "duckduckgo": {
            "names": ["duckduckgo.com"],
            "target": "safe.duckduckgo.com",
            "source": "duckduckgo.com/duckduckgo-help-pages/features/safe-search",
        },
    },
}

ntp = {
    "servers": ["0.debian.pool.ntp.org", "1.debian.pool.ntp.org", "2.debian.pool.ntp.org"],
    "local_stratum": 10,
}

journal = {"max_use_mb": 500, "retention_days": 365}

upgrades = {"start": "01:00", "hours": 4}

# We know of no law on how long backups live: laws give a length to what is in them. A backup is no
# archive either: public records live in the commune's archives (Code du patrimoine, livre II).
# "checked" is the day on which a person of the syndicate read the source as it is in force, and in
# force there (overseas collectivities have their own rules); None: to be checked, nobody has.
backup = {
    "night": {"start": "21:00", "slots": 8, "slot_minutes": 60, "window_minutes": 45},
    "at_once": 10,
    "folders": [
        "/etc",
        "/home",
        "/srv",
        "/var/lib/mairie",
        "/var/lib/misc",
        "/var/spool/cron",
    ],
    # What a deploy brings again, and what lasts for its few minutes, is no loss.
    "excludes": [
        "lost+found",
        ".cache",
        "/var/lib/mairie/backup/restored",
        "/var/lib/mairie/confirm",
        "/var/lib/mairie/runtime",
    ],
    "quota": "20G",
    "retention": "standard",
    "classes": {
        "standard": {
            "label": "Données de la mairie",
            "daily": 14,
            "weekly": 8,
            "monthly": 12,
            "legal": {
                "minimum_days": None,
                "maximum_days": 400,
                "source": (
                    "RGPD art. 5-1-e : pas plus longtemps que nécessaire, sans durée chiffrée ; "
                    "400 jours est le choix de cette référence, à valider par le délégué"
                ),
                "checked": None,
            },
        },
        "video": {
            "label": "Images de vidéoprotection",
            "daily": 7,
            "weekly": 3,
            "legal": {
                "minimum_days": None,
                "maximum_days": 30,
                "source": "Code de la sécurité intérieure, art. L252-5 : un mois au plus",
                "checked": None,
            },
        },
        "accounting": {
            "label": "Pièces comptables",
            "daily": 14,
            "weekly": 8,
            "monthly": 12,
            "yearly": 10,
            "legal": {
                "minimum_days": 3650,
                "maximum_days": 4018,
                "source": (
                    "Instruction DAF/DPACI/RES/2009/018 du 28 août 2009 : pièces comptables "
                    "gardées dix ans, à relire avec la note d'information du 31 janvier 2018 ; "
                    "le plafond de onze ans est le choix de cette référence"
                ),
                "checked": None,
            },
        },
    },
    "alert_nights": 3,
    "warn_percent": 80,
    "free_percent": 10,
    "maintenance_at": "06:00",
    "check_slices": 28,
    "memory_mb": 512,
    "cpu_percent": 50,
    "drill": {
        "start": "19:00",
        "hours": 2,
        "files": 20,
        "max_size": "200M",
        "max_age_days": 40,
    },
}

# On the air where a site has the segment and a radio. "devices" is there for equipment with
# wifi: true only. Elision would make "Mairie de {commune}" wrong for one commune in five.
networks = {
    "agents": {
        "segment": "agents",
        "security": "enterprise",
        "ssid": "{commune} Mairie",
        "roaming": True,
    },
    "school": {
        "segment": "school",
        "security": "personal",
        "ssid": "{commune} École",
        "roaming": True,
        "lessons": True,
    },
    "public": {"segment": "public", "security": "open", "ssid": "{commune} Public"},
    "things": {"segment": "things", "security": "devices", "ssid": "{commune} Objets"},
}

# Loi n° 2015-136 du 9 février 2015, art. 7: in classrooms of primary schools, what gives access by
# radio is off when it is not used for teaching. Minutes.
lessons = {"minutes": 60, "longest": 180, "schedule": []}

# Channels of 20 MHz, power in dBm EIRP, indoors. "checked" as for backups: None, to be checked.
_regdb = "wireless-regdb 2026.05.30, domaine {}, à relire avec les décisions de l'autorité"
spectrum = {
    "FR": {
        "regulatory": "FR",
        "bands": {
            "2.4": [{"first": 1, "last": 13, "power": 20}],
            "5": [
                {"first": 36, "last": 48, "power": 23},
                {"first": 52, "last": 64, "power": 20, "radar": True},
                {"first": 100, "last": 140, "power": 26, "radar": True},
            ],
            "6": [{"first": 1, "last": 93, "power": 23}],
        },
        "source": _regdb.format("FR"),
        "checked": None,
    },
    "PF": {
        "regulatory": "PF",
        "bands": {
            "2.4": [{"first": 1, "last": 13, "power": 20}],
            "5": [
                {"first": 36, "last": 48, "power": 20},
                {"first": 52, "last": 64, "power": 20, "radar": True},
                {"first": 100, "last": 140, "power": 27, "radar": True},
            ],
        },
        "source": _regdb.format("PF"),
        "checked": None,
    },
    # The kernel's rules have no New Caledonia: those of France bound it, with these below them.
    "NC": {
        "regulatory": "FR",
        "bands": {
            "2.4": [{"first": 1, "last": 13, "power": 20}],
            "5": [
                {"first": 36, "last": 48, "power": 20},
                {"first": 52, "last": 64, "power": 20, "radar": True},
                {"first": 100, "last": 140, "power": 26, "radar": True},
            ],
        },
        "source": "aucun domaine NC dans wireless-regdb 2026.05.30 : prudence de cette référence",
        "checked": None,
    },
}

# Who opens its network to the public keeps the address and the port that each connection had, for
# a year from it, and no destination. Periods are dated: a day is kept for as long as the law of
# that day says. The longest beginning of the commune's INSEE code decides. "checked" as above.
records = {
    "day_mb": 128,
    "device_percent": 25,
    "memory_mb": 96,
    "cpu_percent": 25,
    "territories": {
        "france": {
            "label": "France, là où le code des postes s'applique",
            "insee": [""],
            "periods": [
                {
                    "start": "2021-10-21",
                    "days": 365,
                    "source": (
                        "CPCE art. L34-1, II bis, 3° et R10-13 (décret 2021-1361) ; "
                        "décret 2021-1362, art. 5, 1° : un an à compter de la connexion"
                    ),
                    "checked": None,
                },
            ],
        },
        "polynesie": {
            "label": "Polynésie française",
            "insee": ["987"],
            "periods": [
                {
                    "start": "2021-10-21",
                    "days": 365,
                    "source": (
                        "Durée de la France, faute d'avoir lu les textes du pays : les "
                        "télécommunications y sont de sa compétence (loi organique 2004-192)"
                    ),
                    "checked": None,
                },
            ],
        },
        "nouvelle-caledonie": {
            "label": "Nouvelle-Calédonie",
            "insee": ["988"],
            "periods": [
                {
                    "start": "2021-10-21",
                    "days": 365,
                    "source": (
                        "Durée de la France, faute d'avoir lu les textes du pays : les postes et "
                        "télécommunications y sont de sa compétence (loi organique 99-209)"
                    ),
                    "checked": None,
                },
            ],
        },
        "wallis-et-futuna": {
            "label": "Wallis-et-Futuna",
            "insee": ["986"],
            "periods": [
                {
                    "start": "2021-10-21",
                    "days": 365,
                    "source": ("Durée de la France, faute d'avoir lu ce qui y a été étendu"),
                    "checked": None,
                },
            ],
        },
    },
}

# Telephone systems. The longest beginning of the commune's INSEE code decides. Prices are upper
# bounds: they only have to make the daily ceiling come too early, never too late. Numbers that cost
# more than a call (services, satellites) are blocked; a commune with a use for one says so.
# "checked" as for backups: None, nobody has asked yet who answers there.
_satellites = {
    "satellites-87": {"pattern": "0087.", "right": "international", "blocked": True},
    "satellites-88": {"pattern": "0088.", "right": "international", "blocked": True},
}


def _emergency(source: str, labels: dict[str, str]) -> dict[str, object]:
    return {
        number: {"label": label, "source": source, "checked": None}
        for number, label in labels.items()
    }


telephony = {
    "desk_codecs": ["g722", "alaw"],
    # Over Wi-Fi: Opus bears a lost packet, and is a fifth of G.722.
    "program_codecs": ["opus", "g722", "alaw"],
    "code_digits": 3,
    "desk_transport": "tls",
    "program_segments": ["agents"],
    "holiday_years": [2026, 2027, 2028],
    "records": {
        "days": 180,
        "maximum_days": 365,
        "source": (
            "CNIL, norme simplifiée n° 47 (autocommutateurs) : un an au plus ; sans valeur "
            "juridique depuis le RGPD, gardée comme repère ; 180 jours : choix de cette référence"
        ),
        "checked": None,
    },
    # A phone that starts sends some ten requests, thirty with keys that show who is busy; 500
    # phones after a power cut 2,000, twice that with repetitions.
    "guard": {
        "source_rate": 2,
        "source_burst": 60,
        "all_rate": 100,
        "all_burst": 4000,
        "tries": 10,
        "minutes": 10,
        "alert": 10,
    },
    "territories": {
        "metropole": {
            "label": "France métropolitaine",
            "insee": ["0", "1", "2", "3", "4", "5", "6", "7", "8", *(f"9{n}" for n in range(6))],
            "country": "FR",
            "holidays": {"country": "FR"},
            "emergency": _emergency(
                "Arcep, décision n° 2002-1179 modifiée (numéros d'urgence), à relire en vigueur",
                {
                    "15": "SAMU",
                    "17": "Police ou gendarmerie",
                    "18": "Pompiers",
                    "112": "Urgences",
                    "114": "Urgences des personnes sourdes ou malentendantes",
                    "115": "Urgence sociale",
                    "116000": "Enfants disparus",
                    "116117": "Médecin de garde",
                    "119": "Enfance en danger",
                    "191": "Sauvetage aéronautique",
                    "196": "Sauvetage en mer",
                    "197": "Alerte attentat, alerte enlèvement",
                },
            ),
            "outside": {
                "currency": "EUR",
                "classes": {
                    "gratuits": {"pattern": "080[0-5]XXXXXX", "per_minute": 0},
                    "banalises": {"pattern": "080[6-9]XXXXXX", "per_minute": 0.1},
                    "majores": {"pattern": "08.", "per_minute": 3, "blocked": True},
                    "courts": {"pattern": "3XXX", "per_minute": 3, "blocked": True},
                    "renseignements": {"pattern": "118XXX", "per_minute": 3, "blocked": True},
                    "mobiles": {"pattern": "0[67]XXXXXXXX", "per_minute": 0.3},
                    "fixes": {"pattern": "0[1-59]XXXXXXXX", "per_minute": 0.1},
                    **{name: {**each, "per_minute": 10} for name, each in _satellites.items()},
                    "international": {
                        "pattern": "00.",
                        "right": "international",
                        "per_minute": 2.5,
                    },
                },
                "daily": 30,
                "source": "Plan national de numérotation ; prix : prudence de cette référence",
                "checked": None,
            },
        },
        "polynesie": {
            "label": "Polynésie française",
            "insee": ["987"],
            "country": "PF",
            "holidays": {"country": "FR", "subdivision": "PF"},
            "emergency": {
                **_emergency(
                    "Besoin du syndicat ; à confirmer avec le haut-commissariat et l'opérateur",
                    {
                        "15": "SAMU",
                        "17": "Police ou gendarmerie",
                        "18": "Pompiers de la commune",
                        "112": "Urgences",
                    },
                ),
                **_emergency(
                    "jrcc.pf, missions du JRCC Tahiti : « VHF / TEL : faites le 16 »",
                    {"16": "Secours en mer (JRCC Tahiti)"},
                ),
            },
            "outside": {
                "currency": "XPF",
                "classes": {
                    "services": {"pattern": "3XXX", "per_minute": 300, "blocked": True},
                    "mobiles": {"pattern": "8[79]XXXXXX", "per_minute": 45},
                    "fixes": {"pattern": "4XXXXXXX", "per_minute": 20},
                    **{name: {**each, "per_minute": 1500} for name, each in _satellites.items()},
                    "international": {
                        "pattern": "00.",
                        "right": "international",
                        "per_minute": 300,
                    },
                },
                "daily": 5000,
                "source": "Plan à huit chiffres ; prix : prudence de cette référence",
                "checked": None,
            },
        },
    },
}

# "hours" is what one click opens: at the counter, nobody has to ask twice in a morning.
portal = {"on": True, "mode": "click", "hours": 4, "data": "1G", "rate": "2M"}

vpn_port = 51820

packages = {
    "present": ["chrony", "openssh-server", "sudo", "unattended-upgrades"],
    "absent": [
        "avahi-daemon",
        "cups-daemon",
        "exim4-base",
        "inetutils-telnetd",
        "nis",
        "rpcbind",
        "rsh-server",
        "rsyslog",
        "systemd-timesyncd",
        "tftpd-hpa",
    ],
}

ssh = {
    "kex": [
        "mlkem768x25519-sha256",
        "sntrup761x25519-sha512",
        "curve25519-sha256",
        # The same under its first name, the only one that plain pyinfra's SSH library knows.
        "curve25519-sha256@libssh.org",
    ],
    "ciphers": [
        "chacha20-poly1305@openssh.com",
        "aes256-gcm@openssh.com",
        "aes128-gcm@openssh.com",
    ],
    "macs": ["hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com"],
    "host_keys": ["ed25519"],
}


def _sysctl(value: str, rule: str, reason: str) -> dict[str, str]:
    return {"value": value, "rule": rule, "reason": reason}


def _module(reason: str) -> dict[str, str]:
    return {"rule": "R62", "reason": reason}


hardening = {
    "sysctl": {
        "kernel.dmesg_restrict": _sysctl("1", "R9", "Journal du noyau réservé à root"),
        "kernel.kptr_restrict": _sysctl("2", "R9", "Adresses du noyau cachées"),
        "kernel.perf_event_paranoid": _sysctl("2", "R9", "Mesures réservées à root"),
        "kernel.randomize_va_space": _sysctl("2", "R9", "Adresses mémoire aléatoires"),
        "kernel.sysrq": _sysctl("0", "R9", "Combinaisons de touches magiques coupées"),
        "kernel.unprivileged_bpf_disabled": _sysctl("1", "R9", "BPF réservé à root"),
        "kernel.panic_on_oops": _sysctl("1", "R9", "Redémarrer plutôt que continuer abîmé"),
        "kernel.yama.ptrace_scope": _sysctl("1", "R11", "Pas d'inspection entre processus"),
        "net.core.bpf_jit_harden": _sysctl("2", "R12", "Compilation BPF durcie"),
        "net.ipv4.conf.all.accept_redirects": _sysctl("0", "R12", "Redirections refusées"),
        "net.ipv4.conf.default.accept_redirects": _sysctl("0", "R12", "Redirections refusées"),
        "net.ipv4.conf.all.secure_redirects": _sysctl("0", "R12", "Redirections refusées"),
        "net.ipv4.conf.default.secure_redirects": _sysctl("0", "R12", "Redirections refusées"),
        "net.ipv4.conf.all.send_redirects": _sysctl("0", "R12", "Redirections jamais émises"),
        "net.ipv4.conf.default.send_redirects": _sysctl("0", "R12", "Redirections jamais émises"),
        "net.ipv4.conf.all.accept_source_route": _sysctl(
            "0", "R12", "Routage par la source refusé"
        ),
        "net.ipv4.conf.default.accept_source_route": _sysctl(
            "0", "R12", "Routage par la source refusé"
        ),
        "net.ipv4.conf.all.arp_ignore": _sysctl("2", "R12", "Réponses ARP pour son propre réseau"),
        "net.ipv4.conf.all.rp_filter": _sysctl(
            "2", "R12", "Chemin inverse : lâche (RFC 3704), plusieurs accès ; strict dans nftables"
        ),
        "net.ipv4.conf.all.route_localnet": _sysctl("0", "R12", "127/8 reste sur la machine"),
        "net.ipv4.icmp_ignore_bogus_error_responses": _sysctl("1", "R12", "Réponses ICMP fausses"),
        "net.ipv4.tcp_rfc1337": _sysctl("1", "R12", "Protection TIME-WAIT (RFC 1337)"),
        "net.ipv4.tcp_syncookies": _sysctl("1", "R12", "Protection contre l'inondation SYN"),
        "net.ipv6.conf.all.accept_redirects": _sysctl("0", "R13", "Redirections IPv6 refusées"),
        "net.ipv6.conf.default.accept_redirects": _sysctl("0", "R13", "Redirections IPv6 refusées"),
        "net.ipv6.conf.all.accept_source_route": _sysctl(
            "0", "R13", "Routage par la source refusé"
        ),
        "net.ipv6.conf.default.accept_source_route": _sysctl(
            "0", "R13", "Routage par la source refusé"
        ),
        "fs.suid_dumpable": _sysctl("0", "R14", "Pas d'image mémoire des programmes setuid"),
        "fs.protected_fifos": _sysctl("2", "R14", "Tubes d'autrui protégés"),
        "fs.protected_regular": _sysctl("2", "R14", "Fichiers d'autrui protégés"),
        "fs.protected_hardlinks": _sysctl("1", "R14", "Liens durs protégés"),
        "fs.protected_symlinks": _sysctl("1", "R14", "Liens symboliques protégés"),
    },
    "modules": {
        "dccp": _module("Protocole non utilisé"),
        "sctp": _module("Protocole non utilisé"),
        "rds": _module("Protocole non utilisé"),
        "tipc": _module("Protocole non utilisé"),
        "firewire-core": _module("Accès direct à la mémoire par un câble"),
        "cramfs": _module("Système de fichiers non utilisé"),
        "hfs": _module("Système de fichiers non utilisé"),
        "hfsplus": _module("Système de fichiers non utilisé"),
        "jffs2": _module("Système de fichiers non utilisé"),
    },
}

# Messages of hosts wait for the link: a commune may be cut off for a week.
mail = {"keep_days": 14, "late_hours": 6}

__all__ = [
    "backup",
    "dns",
    "dns_filter",
    "flows",
    "hardening",
    "journal",
    "lessons",
    "mail",
    "networks",
    "ntp",
    "packages",
    "portal",
    "queueing",
    "records",
    "schedules",
    "segments",
    "services",
    "spectrum",
    "ssh",
    "telephony",
    "upgrades",
    "uplink_classes",
    "vpn_port",
]
