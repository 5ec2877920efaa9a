"""The topics of a demo register, with their risks, assets, controls and measures."""

from risks.demo.topics.enterprise import CONTINUITY, FINANCE, PEOPLE
from risks.demo.topics.relations import PRIVACY, SUPPLIERS
from risks.demo.topics.technology import IT_SECURITY, OPERATIONAL_TECHNOLOGY
from risks.demo.topics.topic import Topic

__all__ = ("FRAMEWORK", "FRAMEWORK_DESCRIPTION", "FRAMEWORK_EDITION", "TOPICS", "Topic")

FRAMEWORK = "Demo baseline"
FRAMEWORK_EDITION = "1"
FRAMEWORK_DESCRIPTION = "A small catalogue of controls to try OpenRisk with, not a standard."

TOPICS = (
    IT_SECURITY,
    OPERATIONAL_TECHNOLOGY,
    SUPPLIERS,
    PRIVACY,
    CONTINUITY,
    FINANCE,
    PEOPLE,
)
