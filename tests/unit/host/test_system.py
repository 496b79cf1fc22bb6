"""Facts of brick base: their commands run here, their answers read back."""

from mairie.host.system import KernelParameter, KernelParameters, PackagesAreWhole
from tests.unit.host.here import lines


def test_kernel_parameters_are_read_in_one_command() -> None:
    fact = KernelParameters()
    keys = ("kernel.ostype", "net.ipv4.ip_local_port_range", "kernel.no_such_key")
    found = fact.process(lines(fact.command(keys=keys)))
    assert found["kernel.ostype"].value == "Linux"
    assert found["kernel.no_such_key"] == KernelParameter(value=None, writable=False)
    ports = found["net.ipv4.ip_local_port_range"].value
    assert ports is not None
    assert len(ports.split(" ")) == 2


def test_read_only_parameters_are_told_from_writable_ones() -> None:
    found = KernelParameters().process(["kernel.sysrq ro 176", "net.ipv4.ip_forward rw 1"])
    assert found == {
        "kernel.sysrq": KernelParameter(value="176", writable=False),
        "net.ipv4.ip_forward": KernelParameter(value="1", writable=True),
    }


def test_whole_packages() -> None:
    assert PackagesAreWhole().process(["whole"])
    assert not PackagesAreWhole().process(["broken"])
