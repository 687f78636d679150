"""The world as it was published: values of the parameters that undo what was mended.

The factors by country are those that the published run drew; its daily weights were printed.
Only `seed` and `users` are left free.
"""

from __future__ import annotations

from .parameters import INCOMES, Parameters

DAILY_WEIGHTS = [
    0.962580630737286, 0.8197100384922145, 0.30138974136848257, 0.4927688110516895,
    0.5565537929689999, 0.6033393066065744, 0.7290139219254756, 0.5415240091039004,
    0.8980186724925285, 0.6066200120787864, 0.7534722798657969, 1.081052634696308,
    0.652291281783919, 0.6286641896095017, 0.9487465110505584, 0.812274605658382,
    0.33120238763919335, 0.3732939688133825, 0.7712310805299213, 1.1442420369211816,
    0.6510221353621124, 1.1854552312627833, 0.777030570208064, 0.4995371852564891,
    0.7299428232222319, 1.036954957808348, 0.697731730009278, 1.0254070611309376,
    0.5249336610041005, 0.9388767556148099, 0.70417575710165,
]  # fmt: skip
# Country: factor on retention, on paying, and the weight from which the churn factor is made.
COUNTRIES = {
    "United States": (1.65, 1.31, 13),
    "United Kingdom": (1.08, 0.86, 8),
    "Germany": (1.3, 1.04, 8),
    "Finland": (0.69, 0.55, 5),
    "France": (0.84, 0.68, 5),
    "Sweden": (0.64, 0.51, 5),
    "Norway": (0.89, 0.71, 5),
    "Brazil": (0.57, 0.45, 3),
    "Australia": (0.88, 0.7, 5),
    "Netherlands": (0.88, 0.7, 5),
    "Canada": (0.7, 0.56, 5),
    "Italy": (0.46, 0.37, 3),
    "Spain": (0.4, 0.32, 3),
    "Ireland": (0.37, 0.3, 3),
    "Argentina": (0.32, 0.26, 2),
    "South Africa": (0.27, 0.22, 2),
    "New Zealand": (0.76, 0.61, 5),
    "Mexico": (0.13, 0.1, 1),
}
NO_INCOME = dict.fromkeys(INCOMES, 1.0)


def as_published(*, seed: int, users: int = 30_848) -> Parameters:
    """Return the parameters of the published world, faults included."""
    weights = [weight for _, _, weight in COUNTRIES.values()]
    span = max(weights) - min(weights)
    return Parameters(
        seed=seed,
        users=users,
        daily_weights=DAILY_WEIGHTS,
        back_to_school="as coded",
        instrument_by_age={},
        keen_share=0.0,
        onboarding_assignment="randomised",
        onboarding_day_1=0.0,
        onboarding_day_30=0.0,
        retention_by_income=NO_INCOME,
        conversion_by_income=NO_INCOME,
        churn_by_income=NO_INCOME,
        retention_by_country={name: row[0] for name, row in COUNTRIES.items()},
        conversion_by_country={name: row[1] for name, row in COUNTRIES.items()},
        churn_by_country={
            name: 0.5 + (row[2] - min(weights)) / span for name, row in COUNTRIES.items()
        },
        lessons_if_retained=0.0,
        conversion_follows="chances",
        churn_if_retained=1.0,
        churn_spike_share=0.1,
        rare_anomalies="as coded",
        retention_nested=False,
    )
