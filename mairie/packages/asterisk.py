"""Asterisk 22 LTS as a package for Debian 13: Debian's own source, the few modules the stack uses.

Data only; ``mairie.lab.building`` makes the package from it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

BUILD_PACKAGES = (
    "build-essential",
    "bzip2",
    "file",
    "libedit-dev",
    "libgsm1-dev",
    "libjansson-dev",
    "libopus-dev",
    "libspandsp-dev",
    "libsqlite3-dev",
    "libsrtp2-dev",
    "libssl-dev",
    "libsystemd-dev",
    "libxml2-dev",
    "pkgconf",
    "uuid-dev",
    "xz-utils",
)
"""What the build needs on top of a minimal Debian; libxml2 is for its menu of modules alone."""

MODULES = (
    "app_cdr",
    "app_dial",
    "app_directed_pickup",
    "app_echo",
    "app_originate",
    "app_playback",
    "app_queue",
    "app_read",
    "app_record",
    "app_softhangup",
    "app_stack",
    "app_verbose",
    "app_voicemail",
    "app_while",
    "bridge_builtin_features",
    "bridge_builtin_interval_features",
    "bridge_holding",
    "bridge_native_rtp",
    "bridge_simple",
    "bridge_softmix",
    "cdr_csv",
    "cdr_custom",
    "cdr_sqlite3_custom",
    "chan_bridge_media",
    "chan_pjsip",
    "codec_alaw",
    "codec_g722",
    "codec_gsm",
    "codec_opus_open_source",
    "codec_resample",
    "codec_ulaw",
    "format_gsm",
    "format_pcm",
    "format_sln",
    "format_wav",
    "func_callerid",
    "func_cdr",
    "func_channel",
    "func_cut",
    "func_db",
    "func_devstate",
    "func_dialplan",
    "func_extstate",
    "func_global",
    "func_groupcount",
    "func_hangupcause",
    "func_jitterbuffer",
    "func_lock",
    "func_logic",
    "func_math",
    "func_pjsip_aor",
    "func_pjsip_contact",
    "func_pjsip_endpoint",
    "func_sprintf",
    "func_strings",
    "func_timeout",
    "pbx_config",
    "pbx_spool",
    "res_cdrel_custom",
    "res_clioriginate",
    "res_convert",
    "res_fax",
    "res_fax_spandsp",
    "res_format_attr_opus",
    "res_musiconhold",
    "res_parking",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_acl",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dialog_info_body_generator",
    "res_pjsip_diversion",
    "res_pjsip_dlg_options",
    "res_pjsip_dtmf_info",
    "res_pjsip_empty_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_exten_state",
    "res_pjsip_header_funcs",
    "res_pjsip_logger",
    "res_pjsip_mwi",
    "res_pjsip_mwi_body_generator",
    "res_pjsip_nat",
    "res_pjsip_notify",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_publish",
    "res_pjsip_outbound_registration",
    "res_pjsip_pidf_body_generator",
    "res_pjsip_pubsub",
    "res_pjsip_refer",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_session",
    "res_pjsip_t38",
    "res_pjsip_xpidf_body_generator",
    "res_rtp_asterisk",
    "res_security_log",
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_srtp",
    "res_timing_timerfd",
)
"""Everything that is loaded. What runs programs (System, SHELL, CURL, AGI, MixMonitor), answers on
HTTP or lets in callers without an account is not built: no mistake in a dial plan can use it."""

RUNTIME_PACKAGES = (
    "asterisk-core-sounds-fr-g722",
    "libcap2",
    "libcrypt1",
    "libedit2",
    "libgcc-s1",
    "libgsm1",
    "libjansson4",
    "libopus0",
    "libspandsp2t64",
    "libsqlite3-0",
    "libsrtp2-1",
    "libssl3t64",
    "libstdc++6",
    "libsystemd0",
    "libuuid1",
    "libxml2",
)
"""What Debian 13 brings for it: the libraries it is linked to, French announcements, music on
hold."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what is in the package; equal recipes give the same package."""

    suite: str = "testing"
    """The Debian release whose source is taken."""
    version: str = "1:22.10.1+dfsg+~cs6.17.60671434-1"
    """Of Debian's source package."""
    dsc_sha256: str = "8799652c4e2fc4bb4d6610b0f7144a9945bcff847d0185fb10fca20de0533eb2"
    """Of its .dsc file, which holds those of all others."""
    revision: str = "~mairie3"
    """After Debian's version, and before it in order: a package of Debian's own takes over."""
    epoch: int = 1782345600
    """Every time in the package, in seconds since 1970."""
    modules: tuple[str, ...] = MODULES
    build_packages: tuple[str, ...] = BUILD_PACKAGES

    @property
    def package_version(self) -> str:
        """Version of the package."""
        return self.version + self.revision

    @property
    def dsc(self) -> str:
        """Name of the .dsc file: without the epoch."""
        return f"asterisk_{self.version.partition(':')[2]}.dsc"

    @property
    def file_name(self) -> str:
        """Name of the package's file."""
        return f"asterisk_{self.package_version.partition(':')[2]}_amd64.deb"

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that name this recipe."""
        everything = {"recipe": asdict(self), "files": shared_files()}
        return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:12]


def shared_files() -> dict[str, str]:
    """Return what the build needs beside the source: path under ``share/asterisk`` → text."""
    return dict(_texts(files("mairie.packages") / "share" / "asterisk", ""))


def _texts(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for item in sorted(folder.iterdir(), key=lambda each: each.name):
        if item.is_dir():
            found += _texts(item, f"{prefix}{item.name}/")
        else:
            found.append((prefix + item.name, item.read_text(encoding="utf-8")))
    return found
