"""Products that are recognized by the columns that they write."""

import pytest

from risks.fields import IMPORT_FIELDS
from risks.registers.mapping.products import PRODUCTS, recognize_product
from tests.risks.registers.mapping.reading import read

FILES = {
    "CISO Assistant": (
        "ref_id;assets;threats;name;description;inherent_level;inherent_impact;inherent_proba;"
        "existing_applied_controls;current_impact;current_proba;current_risk;additional_controls;"
        "residual_impact;residual_proba;residual_risk;treatment;strength_of_knowledge"
    ),
    "SimpleRisk": (
        "ID;Status;Subject;External Reference ID;Control Number;Category;Team;Owner;"
        "Owner's Manager;Current Likelihood;Current Impact;Planning Strategy;Current Solution"
    ),
    "eramba": (
        "Title;Description;Owner;Stakeholders;Threat Tags;Threats Description;Vulnerability Tags;"
        "Risk Treatment;Risk Score;Residual Score;Internal Controls;Review"
    ),
    "Jira": "Summary;Issue key;Issue id;Issue Type;Status;Project key;Assignee;Due date",
    "FedRAMP POA&M": (
        "POA&M ID;Controls;Weakness Name;Weakness Description;Weakness Detector Source;"
        "Point of Contact;Overall Remediation Plan;Original Risk Rating;Adjusted Risk Rating"
    ),
    "ServiceNow": (
        "number;name;state;profile;statement;owned_by;inherent_likelihood;inherent_impact;"
        "calculated_score;residual_ale;response"
    ),
    "Archer": (
        "Tracking ID;Risk ID;Risk Name;Risk Description;Risk Owner;Inherent Likelihood;"
        "Inherent Impact;Calculated Residual Risk;Risk Response"
    ),
}


@pytest.mark.parametrize(("name", "header"), FILES.items())
def test_products_are_recognized_by_their_columns(name: str, header: str) -> None:
    product = recognize_product(header.split(";"))
    assert product is not None
    assert product.name == name


@pytest.mark.parametrize(
    "header",
    [
        "Risk ID;Title;Description;Likelihood;Impact;Owner;Status;Due date",
        "number;name;state;owner",
    ],
)
def test_registers_of_people_are_no_products(header: str) -> None:
    assert recognize_product(header.split(";")) is None


def test_every_field_of_a_product_is_one_of_ours_and_of_a_column_of_it() -> None:
    assert {product.name for product in PRODUCTS} == set(FILES)
    for product in PRODUCTS:
        assert product.fields.keys() <= product.columns
        assert set(product.fields.values()) <= set(IMPORT_FIELDS)


def test_a_product_says_what_its_columns_mean() -> None:
    interpretation = read(
        FILES["SimpleRisk"] + "\n7;New;Flood;X-1;AC-2;IT;Ops;Ann;Ben;4;5;Mitigate;Pump\n"
    )
    values = interpretation.rows[0].values
    assert interpretation.notes[0] == "Recognized as an export of SimpleRisk."
    assert (values["title"], values["inherent_likelihood"], values["treatment"]) == (
        "Flood",
        4,
        "mitigate",
    )


def test_an_empty_column_of_a_product_leaves_its_field_to_others() -> None:
    header = "Summary;Issue key;Issue id;Issue Type;Status;Assignee;Custom field (Risk title)"
    interpretation = read(f"{header}\n;R-1;10;Risk;Open;;Flood\n")
    assert interpretation.rows[0].values["title"] == "Flood"
