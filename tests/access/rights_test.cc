#include "kontena/access/rights.h"

#include <doctest/doctest.h>

#include "people.h"

using namespace kontena;
using namespace kontena::access;

namespace {

const Scope server{}, eu{"eu"}, shop{"eu", "shop"}, web{"eu", "shop", "web-1"}, mail{"eu", "shop", "mail"}, us{"us"};

}  // namespace

TEST_CASE("what was given nowhere is denied everywhere") {
  People people;
  people.give("bob", "server-admin", "");
  for (const VerbRow& row : verbs())
    for (const Scope& place : {server, eu, shop, web}) {
      CHECK(!people.rights("ann").may(row.verb, place));
      CHECK(!Rights().may(row.verb, place));
      CHECK(people.rights("bob").may(row.verb, place));
    }
  CHECK(!people.rights("ann").reaches(server));
}

TEST_CASE("a role counts at its place and below, and nowhere else") {
  People people;
  people.give("ann", "operator", "eu/shop");
  const Rights ann = people.rights("ann");
  CHECK(ann.may(Verb::logs, shop));
  CHECK(ann.may(Verb::logs, web));
  CHECK(!ann.may(Verb::logs, eu));
  CHECK(!ann.may(Verb::logs, server));
  CHECK(!ann.may(Verb::logs, {"eu", "shopping"}));
  CHECK(!ann.may(Verb::logs, {"us", "shop"}));
  CHECK(!ann.may(Verb::deploy, shop));
  CHECK(ann.decide(Verb::logs, web).binding == "user/ann/eu/shop#operator");
  CHECK(ann.decide(Verb::deploy, web).missing == "no role gives 'ann' 'deploy' at /eu/shop/web-1");
}

TEST_CASE("a pattern gives the stacks that it stands for") {
  People people;
  people.give("ann", "deployer", "eu/shop/web-*");
  const Rights ann = people.rights("ann");
  CHECK(ann.may(Verb::deploy, web));
  CHECK(!ann.may(Verb::deploy, mail));
  CHECK(!ann.may(Verb::deploy, shop));
  CHECK(ann.reaches(shop));
  CHECK(ann.reaches(shop, Verb::deploy));
  CHECK(!ann.reaches(shop, Verb::secrets_read));
  CHECK(ann.reaches(eu));
  CHECK(ann.reaches(server));
  CHECK(!ann.reaches(us));
  CHECK(!ann.reaches(mail));
}

TEST_CASE("groups count as their members' own, whatever their names are") {
  People people;
  people.give("/ops#1%", "viewer", "eu", model::SubjectKind::group);
  people.give("ops", "viewer", "us", model::SubjectKind::group);
  CHECK(people.rights("ann", {"/ops#1%"}).may(Verb::view, web));
  CHECK(!people.rights("ann", {"/ops#1%"}).may(Verb::view, us));
  CHECK(!people.rights("ann", {"op"}).may(Verb::view, us));
  CHECK(!people.rights("ops").may(Verb::view, us));  // a user of the group's name
}

TEST_CASE("a made role gives its verbs, and a removed one none") {
  People people;
  people.view.roles.put("reader", {.name = "reader", .verbs = {"logs", "of-a-later-version"}});
  people.give("ann", "reader", "eu");
  people.give("ann", "gone", "us");
  CHECK(people.rights("ann").may(Verb::logs, web));
  CHECK(!people.rights("ann").may(Verb::view, web));
  CHECK(!people.rights("ann").may(Verb::view, us));
  CHECK(!people.rights("ann").reaches(us));
}

TEST_CASE("a token takes away, and never gives") {
  People people;
  people.give("ann", "deployer", "eu/shop");
  const Rights narrow = people.rights("ann", {}, {.scope = web, .verbs = Verbs{Verb::logs, Verb::nodes}});
  CHECK(narrow.may(Verb::logs, web));
  CHECK(!narrow.may(Verb::deploy, web));
  CHECK(!narrow.may(Verb::logs, mail));
  CHECK(!narrow.may(Verb::nodes, eu));
  CHECK(narrow.reaches(shop));
  CHECK(!narrow.reaches(mail));
  CHECK(narrow.decide(Verb::deploy, web).missing == "this token does not reach to 'deploy' at /eu/shop/web-1");
  CHECK(people.rights("ann").decide(Verb::nodes, eu).missing == "no role gives 'ann' 'nodes' at /eu");
  const Rights elsewhere = people.rights("ann", {}, {.scope = {"us"}});
  CHECK(!elsewhere.may(Verb::logs, web));
  CHECK(!elsewhere.reaches(eu));
  CHECK(!elsewhere.reaches(us));
}

TEST_CASE("what somebody has at a place is what all their bindings there give") {
  People people;
  people.give("ann", "viewer", "");
  people.give("ann", "operator", "eu/shop");
  people.give("ops", "deployer", "eu/shop/web-*", model::SubjectKind::group);
  const Rights ann = people.rights("ann", {"ops"});
  CHECK(ann.all_at(us) == Verbs{Verb::view});
  CHECK(ann.all_at(shop) == find_built_in("operator")->verbs);
  CHECK(ann.all_at(web) == find_built_in("deployer")->verbs);
  CHECK(ann.all_at({"eu", "shop", "web-*"}) == find_built_in("deployer")->verbs);
  CHECK(ann.bindings().size() == 3);
}

TEST_CASE("each built-in role has what the one below it has") {
  const auto of = [](std::string_view role) { return find_built_in(role)->verbs; };
  CHECK(of("operator").has(of("viewer")));
  CHECK(of("deployer").has(of("operator")));
  CHECK(of("project-admin").has(of("deployer")));
  CHECK(of("grid-admin").has(of("project-admin")));
  CHECK(of("server-admin").has(of("grid-admin")));
  for (const VerbRow& row : verbs()) CHECK(of("server-admin").has(row.verb));
  CHECK(!of("deployer").has(Verb::secrets_read));
  CHECK(find_built_in("owner") == nullptr);
  CHECK(find_verb("deploy") == Verb::deploy);
  CHECK(!find_verb("fly"));
}
