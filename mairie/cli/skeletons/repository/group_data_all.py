"""Ce qui diffère de la mairie de référence, pour toutes les communes.

Données seules ; chaque valeur remplace celle de la référence, None la retire. Un fichier par
archipel, île ou rôle (australes.py, rurutu.py, gateway.py) précise encore. « mairie show HÔTE
--explain » dit d'où vient chaque valeur.
"""

upgrades = {"start": "01:00", "hours": 4}
