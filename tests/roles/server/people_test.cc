#include "harness.h"
#include "kontena/api/people.h"

namespace kontena::server {
namespace {

using http::Method;

// Invited and joined: the session's token.
std::string join_person(World& world, const std::string& name, const std::string& password = "correct horse") {
  REQUIRE(world.as_admin(Method::put, "/v1/users/" + name, "{}").status == 201);
  const auto code = world.read<api::InviteAnswer>(world.as_admin(Method::post, "/v1/users/" + name + "/invite"));
  const api::InviteRequest join{name, code.code, password, "laptop"};
  const auto joined = world.as_nobody(Method::post, "/v1/invite", codec::to_json(join));
  const auto answer = world.read<api::LoginAnswer>(joined);
  CHECK(world.as_nobody(Method::post, "/v1/invite", codec::to_json(join)).status == 401);  // once
  return answer.token;
}

http::Response log_in(World& world, const std::string& name, const std::string& password) {
  return world.as_nobody(Method::post, "/v1/login", codec::to_json(api::LoginRequest{name, password, "laptop"}));
}

http::Response give_role(World& world, const std::string& token, const std::string& user, const std::string& role, const std::string& scope) {
  return world.with_token(token, Method::post, "/v1/bindings", codec::to_json(api::BindingSummary{.kind = "user", .subject = user, .role = role, .scope = scope}));
}

}  // namespace

TEST_CASE("who is invited sets a password, logs in, and is seen as who they are") {
  World world;
  const std::string first = join_person(world, "ann");
  CHECK(log_in(world, "ann", "wrong horse!").status == 401);
  const auto answer = world.read<api::LoginAnswer>(log_in(world, "ann", "correct horse"));
  const auto who = world.read<api::Whoami>(world.with_token(answer.token, Method::get, "/v1/whoami"));
  CHECK(who.name == "ann");
  CHECK(who.session);
  CHECK(who.expires_ms == to_ms(world.clock_.now() + session_lifetime));
  CHECK(world.with_token(answer.token, Method::post, "/v1/logout").status == 200);
  CHECK(world.with_token(answer.token, Method::get, "/v1/grids").status == 401);
  CHECK(world.with_token(first, Method::get, "/v1/grids").status == 200);
}

TEST_CASE("an unknown name is answered as a wrong password is, and both wait after a few") {
  World world;
  join_person(world, "ann");
  const auto wrong = codec::from_json<api::ErrorAnswer>(log_in(world, "ann", "wrong horse!").body);
  const auto unknown = codec::from_json<api::ErrorAnswer>(log_in(world, "bob", "wrong horse!").body);
  REQUIRE((wrong && unknown));
  CHECK(wrong->error.message == unknown->error.message);
  for (int i = 0; i < 4; ++i) log_in(world, "ann", "wrong horse!");
  const http::Response refused = log_in(world, "ann", "correct horse");
  CHECK(refused.status == 429);
  CHECK(refused.body.find("try again in") != std::string::npos);
  world.clock_.advance(Duration(60'000));
  CHECK(log_in(world, "ann", "correct horse").status == 201);
}

TEST_CASE("a changed password ends all other sessions, a disabled account all of them") {
  World world;
  const std::string own = join_person(world, "ann");
  const auto other = world.read<api::LoginAnswer>(log_in(world, "ann", "correct horse"));
  world.clock_.advance(Duration(1'000));
  const auto change = [&](const std::string& old) {
    return world.with_token(own, Method::post, "/v1/password", codec::to_json(api::PasswordChange{old, "another horse"})).status;
  };
  CHECK(change("wrong horse!") == 403);
  CHECK(change("correct horse") == 200);
  CHECK(world.with_token(other.token, Method::get, "/v1/grids").status == 401);
  CHECK(world.with_token(own, Method::get, "/v1/grids").status == 200);
  CHECK(log_in(world, "ann", "correct horse").status == 401);
  CHECK(world.as_admin(Method::post, "/v1/users/ann", R"({"disabled":true})").status == 200);
  CHECK(world.with_token(own, Method::get, "/v1/grids").status == 401);
  CHECK(log_in(world, "ann", "another horse").status == 401);
  CHECK(world.as_admin(Method::post, "/v1/users/ann", R"({"disabled":false})").status == 200);
  CHECK(world.with_token(own, Method::get, "/v1/grids").status == 401);
}

TEST_CASE("a session ends by itself when it is not used") {
  World world;
  const std::string token = join_person(world, "ann");
  world.clock_.advance(session_idle - Duration(60'000));
  CHECK(world.with_token(token, Method::get, "/v1/grids").status == 200);
  REQUIRE(world.uses_.flush(*world.views_.now(), *world.store_, world.clock_.now()));
  world.clock_.advance(Duration(120'000));
  world.views_.await(world.views_.now()->revision + 1);
  CHECK(world.with_token(token, Method::get, "/v1/grids").status == 200);
  world.clock_.advance(session_idle);
  CHECK(world.with_token(token, Method::get, "/v1/grids").status == 401);
}

TEST_CASE("nobody gives what they do not have, or where they do not have it") {
  World world;
  REQUIRE(world.as_admin(Method::put, "/v1/grids/default/projects/shop").status == 201);
  const std::string ann = world.make_user("ann", "project-admin", "default/shop");
  world.make_user("bob", "viewer", "default/shop");
  CHECK(give_role(world, ann, "bob", "deployer", "/default/shop").status == 201);
  CHECK(give_role(world, ann, "bob", "operator", "/default/shop/web-*").status == 201);
  CHECK(give_role(world, ann, "bob", "grid-admin", "/default/shop").status == 403);
  CHECK(give_role(world, ann, "bob", "viewer", "/default").status == 403);
  CHECK(give_role(world, ann, "bob", "viewer", "/default/default").status == 404);
  CHECK(give_role(world, ann, "bob", "viewer", "/").status == 403);
  CHECK(world.with_token(ann, Method::del, "/v1/bindings?user=bob&role=deployer&scope=/default/shop").status == 200);
  CHECK(world.as_admin(Method::del, "/v1/bindings?user=admin&role=server-admin&scope=/").status == 409);
}

TEST_CASE("who makes accounts cannot make themselves more by those of others") {
  World world;
  REQUIRE(world.as_admin(Method::put, "/v1/roles/clerk", R"({"description":"","verbs":["users"]})").status == 201);
  const std::string clerk = world.make_user("clara", "clerk", "");
  CHECK(world.with_token(clerk, Method::put, "/v1/users/dan", "{}").status == 201);
  CHECK(world.with_token(clerk, Method::post, "/v1/users/dan/invite").status == 201);
  for (const char* what : {"/v1/users/admin/invite", "/v1/users/admin"})
    CHECK(world.with_token(clerk, Method::post, what, R"({"disabled":true})").status == 403);
  CHECK(world.with_token(clerk, Method::del, "/v1/users/admin").status == 403);
  CHECK(world.as_admin(Method::del, "/v1/roles/clerk").status == 409);
}

TEST_CASE("a removed user leaves nothing that another of the name would have") {
  World world;
  const std::string ann = world.make_user("ann", "viewer", "default");
  CHECK(world.as_admin(Method::del, "/v1/users/ann").status == 200);
  CHECK(world.with_token(ann, Method::get, "/v1/grids").status == 401);
  CHECK(world.as_admin(Method::put, "/v1/users/ann", "{}").status == 201);
  CHECK(world.with_token(ann, Method::get, "/v1/grids").status == 401);
  CHECK(world.read<api::UserSummary>(world.as_admin(Method::get, "/v1/users/ann")).roles.empty());
}

TEST_CASE("a token does no more than it was made for, and makes no others") {
  World world;
  const std::string ann = world.make_user("ann", "deployer", "default/default");
  const auto made = world.read<api::TokenAnswer>(world.with_token(
      ann, Method::post, "/v1/tokens", codec::to_json(api::TokenRequest{.kind = "access", .lifetime_ms = 3'600'000, .scope = "/default/default", .verbs = {"view"}})));
  CHECK(world.with_token(made.text, Method::get, "/v1/grids/default/projects/default/stacks").status == 200);
  CHECK(world.with_token(made.text, Method::put, stack_url("shop"), deploy_body({service("web")})).status == 403);
  CHECK(world.with_token(made.text, Method::post, "/v1/tokens", R"({"kind":"access"})").status == 403);
  const auto rotated = world.read<api::TokenAnswer>(world.with_token(ann, Method::post, "/v1/tokens/" + made.token.id + "/rotate"));
  CHECK(world.with_token(made.text, Method::get, "/v1/grids").status == 401);
  CHECK(world.with_token(rotated.text, Method::get, "/v1/grids").status == 200);
  world.clock_.advance(Duration(3'600'001));
  CHECK(world.with_token(rotated.text, Method::get, "/v1/grids").status == 401);
  CHECK(world.with_token(ann, Method::post, "/v1/tokens", R"({"kind":"access","owner":"admin"})").status == 404);
}

TEST_CASE("can-i names the role that grants, or what is missing") {
  World world;
  const std::string ann = world.make_user("ann", "deployer", "default/default");
  const auto yes = world.read<api::CanI>(world.with_token(ann, Method::get, "/v1/can-i?verb=deploy&at=/default/default/shop"));
  CHECK(yes.allowed);
  CHECK(yes.binding == "deployer at /default/default of ann");
  const auto no = world.read<api::CanI>(world.as_admin(Method::get, "/v1/can-i?verb=nodes&at=/default&user=ann"));
  CHECK_FALSE(no.allowed);
  CHECK(no.missing == "no role gives 'ann' 'nodes' at /default");
  CHECK(world.with_token(ann, Method::get, "/v1/can-i?verb=view&at=/&user=admin").status == 403);
}

}  // namespace kontena::server
