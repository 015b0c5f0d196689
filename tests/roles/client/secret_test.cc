// Secrets and logins of registries on the command line: values never are.
#include <doctest/doctest.h>

#include "canned.h"
#include "kontena/api/secrets.h"

namespace kontena::client {
namespace {

using canned::in_project;

const std::string url = in_project + "/secrets/db";

}  // namespace

TEST_CASE("a secret is set from standard input, a file, or what is typed twice") {
  canned::World world;
  world.input = "hush\n";
  world.answer_with("PUT " + url, api::SecretSet{.name = "db", .version = 3, .changed = true});
  auto ran = world.run({"secret", "set", "db"});
  CHECK(ran.status == 0);
  CHECK(ran.err.find("version 3") != std::string::npos);
  CHECK(ran.err.find("end of a line") != std::string::npos);
  CHECK(world.asked().back() == "PUT " + url + " hush\n");
  world.write("value", "of a file");
  CHECK(world.run({"secret", "set", "db", "--file", world.folder + "/value"}).status == 0);
  CHECK(world.asked().back() == "PUT " + url + " of a file");
  world.terminal = true;
  world.typed = "typed";
  ran = world.run({"secret", "set", "db"});
  CHECK(ran.status == 0);
  CHECK(world.asked().back() == "PUT " + url + " typed");
  CHECK(ran.out.find("typed") == std::string::npos);
  world.terminal = false;
  world.input = "";
  CHECK(world.run({"secret", "set", "db"}).status == 2);
  CHECK(world.run({"secret", "set", "db", "hush"}).status == 2);  // no value as an argument
  world.input = "x";
  world.answer_with("PUT " + url + "?roll=false", api::SecretSet{.name = "db", .version = 4, .changed = true});
  CHECK(world.run({"secret", "set", "db", "--no-roll", "-q"}).out == "db\n");
}

TEST_CASE("a secret is shown with its users, and its value only where that is asked for") {
  canned::World world;
  world.answer_with("GET " + url, api::SecretDetail{.name = "db",
                                                    .versions = {{3, 12, false, world.ago(60), "ann"}, {2, 11, true, world.ago(7200), "bob"}},
                                                    .users = {{"shop", "web", "file /run/secrets/db", 2}, {"shop", "job", "variable DB", 3}}});
  const auto ran = world.run({"secret", "show", "db"});
  CHECK(ran.status == 0);
  CHECK(ran.out.find("shop/web  file /run/secrets/db  2 (newest with its next deploy)") != std::string::npos);
  CHECK(ran.out.find("shop/job  variable DB           3\n") != std::string::npos);
  CHECK(world.run({"secret", "history", "db", "-q"}).out == "3\n2\n");
  world.answer("GET " + url + "/value", "the value");
  CHECK(world.run({"secret", "show", "db", "--reveal"}).out == "the value");
  world.answer("GET " + url + "/value?version=2", "the old");
  CHECK(world.run({"secret", "show", "db", "--reveal", "--at", "2"}).out == "the old");
  world.refuse("GET " + url + "/value", 403, "permission_denied", "you may not do this");
}

TEST_CASE("a login of a registry is kept, checked or not, and its password is in no output") {
  canned::World world;
  world.input = "hush\n";
  world.answer_with("PUT " + in_project + "/registries/r.example%3A5000",
                    api::RegistryEntry{"default", "r.example:5000", "ci", false, 0, "ann"});
  const auto ran = world.run({"registry", "login", "https://R.example:5000/", "-u", "ci", "--no-check"});
  CHECK(ran.status == 0);
  CHECK(ran.err.find("was not asked") != std::string::npos);
  CHECK((ran.out + ran.err).find("hush") == std::string::npos);
  CHECK(world.asked().back().find(R"("password":"hush")") != std::string::npos);
  CHECK(world.run({"registry", "login", "r.example", "--no-check"}).status == 2);  // nobody to ask for the user
  CHECK(world.run({"registry", "login", "r.example/team", "-u", "ci"}).status == 2);
  world.answer_with("GET " + canned::in_grid + "/registries", api::RegistryList{{{"", "r.example", "ci", true, world.ago(60), "ann"}}});
  CHECK(world.run({"registry", "ls", "--of-grid"}).out.find("r.example  ci    grid  yes") != std::string::npos);
}

TEST_CASE("the master key is told of and exchanged") {
  canned::World world;
  world.answer_with("GET /v1/master-key", api::MasterKey{.kind = "file", .id = "0123456789abcdef", .why = "it is not there", .hint = "put it back", .sealed = 4});
  const auto told = world.run({"secret", "key"});
  CHECK(told.out.find("it is not there") != std::string::npos);
  CHECK(told.out.find("hint: put it back") != std::string::npos);
  world.answer_with("POST /v1/master-key", api::ResealAnswer{.kind = "passphrase", .id = "fedcba9876543210", .resealed = 4});
  world.input = "correct horse battery\n";
  const auto ran = world.run({"secret", "reseal", "--to", "passphrase"});
  CHECK(ran.status == 0);
  CHECK(ran.err.find("4 records are sealed") != std::string::npos);
  CHECK(world.asked().back().find(R"("key":"correct horse battery")") != std::string::npos);
  CHECK(world.run({"secret", "reseal", "--lost"}).status == 2);  // not without being sure
  CHECK(world.run({"secret", "reseal", "--to", "nothing"}).status == 2);
}

}  // namespace kontena::client
