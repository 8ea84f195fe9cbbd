"""The cast is who they are said to be."""


def test_ada_bo_and_cy_share_an_organization_and_dee_does_not(ada, bo, cy, dee, organization):
    assert {ada.organization, bo.organization, cy.organization} == {organization}
    assert dee.organization != organization
    assert (ada.role, bo.role, cy.role, dee.role) == ("admin", "agent", "agent", "admin")


def test_bo_and_cy_are_in_different_teams(bo, cy, team_a, team_b):
    assert list(bo.teams.all()) == [team_a]
    assert list(cy.teams.all()) == [team_b]
