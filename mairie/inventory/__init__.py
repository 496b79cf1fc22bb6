"""The files of one territory to models; every error with its file and line, all at once."""

from mairie.inventory.load import Loaded, load, read
from mairie.inventory.problems import InventoryErrors, Problem

__all__ = ["InventoryErrors", "Loaded", "Problem", "load", "read"]
