"""What a site publishes and holds back, and the consents that it records: for the officer's page, told when a run begins."""

from __future__ import annotations

from twin.contracts.privacy import Consent, Disclosure, Published
from twin.regie.public import held_back
from twin.wiring import Wired


def disclosure_of(wired: Wired) -> Disclosure:
    """Of the site on air. Who consented to what stands in its file: by zone of a building, by the channel of a plant."""
    site = wired.site
    titles = {zone.name: zone.title.model_dump() for zone in site.zones}
    of_buildings = [Consent(where=titles[zone.name], words=zone.consent) for zone in site.zones if zone.consent]
    of_plants = [
        Consent(
            where=dict.fromkeys(site.about.title.model_dump(), each.plant), words=f"{each.owner}, {each.date}, {each.record}"
        )
        for each in site.privacy.consents
    ]
    verdicts = () if wired.public is None else held_back(wired.public)
    published = tuple(
        Published(
            figure=verdict.figure,
            where=titles[verdict.zone],
            resolution_s=int(verdict.resolution.total_seconds()),
            public=verdict.told,
            reason=why.reason if (why := verdict.held or verdict.part or verdict.coarse) else "open",
            params=why.params if why else {},
        )
        for verdict in verdicts
    )
    return Disclosure(published=published, consents=(*of_buildings, *of_plants))
