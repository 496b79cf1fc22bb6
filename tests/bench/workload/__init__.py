"""One workload for every tool: 8 packages already there, 6 folders, 40 templates, 2 users and
3 services. ``deploys/site.py`` says it to pyinfra, ``ansible/site.yaml`` to Ansible."""
