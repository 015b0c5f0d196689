#include "kontena/api/sso.h"
#include "harness.h"
#include "kontena/api/people.h"
#include "oidc/signer.h"

namespace kontena::server {
namespace {

using http::Method;
using oidc::Signer;

// A provider whose user does what the test says.
struct Provider {
  std::string issuer = "https://login.example";
  std::string client_id = "kontena";
  std::vector<Signer> keys{Signer(Signer::Kind::p256, "k1")};
  std::optional<Signer> forger;                 // signs in their place
  std::string state = "authorization_pending";  // of the login; "" = it is done
  std::string subject = "u-1", called = "Ann.Smith", groups = R"(["ops","Web Team"])", audience = "kontena";
  std::string nonce;         // asked for
  std::string more;          // claims of the ID token besides
  bool in_userinfo = false;  // name and groups are there only
  std::string userinfo_subject;
  bool away = false;
  std::map<std::string, int> asked;
  http::Request last;

  std::string person() const { return R"("preferred_username":")" + called + R"(","groups":)" + groups; }

  http::Response answer(const http::Request& request, Time now) {
    ++asked[request.path];
    last = request;
    const auto json = [](std::string text, int status = 200) {
      return http::Response{.status = status, .body = std::move(text)};
    };
    if (request.path == "/.well-known/openid-configuration")
      return json(R"({"issuer":")" + issuer + R"(","device_authorization_endpoint":")" + issuer +
                  R"(/device","token_endpoint":")" + issuer + R"(/token","jwks_uri":")" + issuer +
                  R"(/jwks","userinfo_endpoint":")" + issuer + R"(/me"})");
    if (request.path == "/jwks") {
      std::string set = R"({"keys":[)";
      for (const Signer& key : keys) set += (set.ends_with('[') ? "" : ",") + key.public_key();
      return json(set + "]}");
    }
    if (request.path == "/device") {
      nonce = http::parse_query(request.body)->at("nonce");
      return json(R"({"device_code":"dc","user_code":"ABCD-EFGH","verification_uri":")" + issuer +
                  R"(/type","expires_in":600,"interval":5})");
    }
    if (request.path == "/me")
      return json(R"({"sub":")" + (userinfo_subject.empty() ? subject : userinfo_subject) + R"(",)" + person() + '}');
    if (!state.empty()) return json(R"({"error":")" + state + R"("})", 400);
    const std::int64_t at = to_ms(now) / 1000;
    const std::string claims = R"({"iss":")" + issuer + R"(","sub":")" + subject + R"(","aud":")" + audience +
                               R"(","exp":)" + std::to_string(at + 600) + R"(,"iat":)" + std::to_string(at) +
                               R"(,"nonce":")" + nonce + '"' + more + (in_userinfo ? "" : ',' + person()) + '}';
    return json(R"({"access_token":"at","id_token":")" + (forger ? *forger : keys.back()).token(claims) + R"("})");
  }
};

class Dialled final : public http::Client {
 public:
  Dialled(Provider& provider, const Clock& clock) : provider_(provider), clock_(clock) {}
  Result<http::Response> send(const http::Request& request, Duration) override {
    if (provider_.away) return Error{Code::unavailable, "cannot reach it"};
    return provider_.answer(request, clock_.now());
  }
  Result<http::Response> stream(const http::Request&, Duration, const Bytes&) override {
    return Error{Code::unsupported, ""};
  }
  Result<http::Response> upload(const http::Request&, Duration, const Source&) override {
    return Error{Code::unsupported, ""};
  }

 private:
  Provider& provider_;
  const Clock& clock_;
};

// A server that knows the provider.
struct Place {
  Provider provider;
  World world;

  Place() {
    world.dial_ = [this](http::ClientOptions options) {
      CHECK(options.ca_pem == "authorities of the host");
      CHECK(options.largest_body <= 1u << 20);
      return std::make_unique<Dialled>(provider, world.clock_);
    };
    REQUIRE(set().status == 200);
  }
  http::Response set(const std::string& more = R"(,"secret":"planted-client-secret")") {
    return world.as_admin(
        Method::put, "/v1/sso",
        R"({"issuer":")" + provider.issuer + R"(","client_id":")" + provider.client_id + '"' + more + '}');
  }
  http::Response begin() {
    provider.state = "authorization_pending";
    return world.as_nobody(Method::post, "/v1/login/sso", "{}");
  }
  http::Response wait(const std::string& login) {
    return world.as_nobody(Method::post, "/v1/login/sso/wait", codec::to_json(api::SsoWait{login, "laptop", false}));
  }
  // The whole way, as the provider's user is now.
  http::Response log_in() {
    const auto begun = world.read<api::SsoBegun>(begin());
    provider.state.clear();
    world.clock_.advance(Duration(begun.wait_ms));
    return wait(begun.login);
  }
  api::SsoState logged_in() { return world.read<api::SsoState>(log_in()); }
  api::Whoami who(const std::string& token) {
    return world.read<api::Whoami>(world.with_token(token, Method::get, "/v1/whoami"));
  }
  int grids(const std::string& token) { return world.with_token(token, Method::get, "/v1/grids").status; }
  void give(const std::string& group, const std::string& role, const std::string& scope) {
    REQUIRE(world
                .as_admin(Method::post, "/v1/bindings",
                          codec::to_json(
                              api::BindingSummary{.kind = "group", .subject = group, .role = role, .scope = scope}))
                .status == 201);
  }
};

}  // namespace

TEST_CASE("who logs in at the provider is somebody here, and may what their groups may") {
  Place place;
  place.give("ops", "deployer", "/default/default");
  const auto begun = place.world.read<api::SsoBegun>(place.begin());
  CHECK(begun.user_code == "ABCD-EFGH");
  CHECK(begun.url == "https://login.example/type");
  CHECK(begun.wait_ms == 5'000);
  const auto waits = [&] { return place.world.read<api::SsoState>(place.wait(begun.login)); };
  CHECK(waits().wait_ms == 5'000);
  CHECK(place.provider.asked["/token"] == 0);  // too soon
  place.world.clock_.advance(Duration(5'000));
  CHECK(waits().state == "pending");
  CHECK(place.provider.asked["/token"] == 1);
  place.provider.state = "slow_down";
  place.world.clock_.advance(Duration(5'000));
  CHECK(waits().wait_ms == 10'000);
  place.provider.state.clear();
  place.world.clock_.advance(Duration(5'000));
  CHECK(waits().state == "pending");
  place.world.clock_.advance(Duration(5'000));
  const auto done = place.world.read<api::SsoState>(place.wait(begun.login));
  CHECK(done.state == "done");
  CHECK(done.user == "ann-smith");
  CHECK(done.groups == std::vector<std::string>{"ops"});
  CHECK(place.wait(begun.login).status >= 400);  // once
  const auto who = place.who(done.token);
  CHECK(who.name == "ann-smith");
  REQUIRE(who.roles.size() == 1);
  CHECK(who.roles[0].group == "ops");
  const auto can = place.world.read<api::CanI>(
      place.world.as_admin(Method::get, "/v1/can-i?verb=deploy&at=/default/default/shop&user=ann-smith"));
  CHECK(can.binding == "deployer at /default/default of group ops");
  const auto shown = place.world.read<api::UserSummary>(place.world.as_admin(Method::get, "/v1/users/ann-smith"));
  CHECK(shown.sso);
  CHECK(shown.groups.empty());
  CHECK(shown.session_groups == std::vector<std::string>{"ops"});
  CHECK(place.world.as_admin(Method::post, "/v1/users/ann-smith/invite").status == 409);
}

TEST_CASE("groups of the provider are the session's, and of nothing that outlasts it") {
  Place place;
  place.give("ops", "deployer", "/default/default");
  const auto first = place.logged_in();
  place.provider.groups = "[]";
  const auto second = place.logged_in();
  CHECK(place.who(first.token).roles.size() == 1);
  CHECK(place.who(second.token).roles.empty());
  const auto token = place.world.read<api::TokenAnswer>(
      place.world.with_token(first.token, Method::post, "/v1/tokens", R"({"kind":"access"})"));
  CHECK(place.who(token.text).roles.empty());
  place.world.clock_.advance(session_lifetime);
  CHECK(place.grids(first.token) == 401);
}

TEST_CASE("a name is whose it was first, and the account goes by what the provider knows it by") {
  Place place;
  place.world.make_user("bob", "viewer", "default");
  for (const char* called : {"admin", "Bob", "BOB@"}) {
    place.provider.called = called;
    CHECK(place.log_in().status == 409);
  }
  place.provider.called = "ann";
  CHECK(place.logged_in().user == "ann");
  place.provider.called = "ann.smith";  // married
  CHECK(place.logged_in().user == "ann");
  place.provider.subject = "u-2";
  place.provider.called = "ann";
  CHECK(place.log_in().status == 409);
  place.provider.called = "\\u2026";
  CHECK(place.log_in().status == 409);
  place.provider.subject = "u-1";
  CHECK(place.world.as_admin(Method::post, "/v1/users/ann", R"({"disabled":true})").status == 200);
  CHECK(place.log_in().status == 401);
}

TEST_CASE("a token that is not right logs nobody in") {
  Place place;
  place.provider.audience = "other";
  CHECK(place.log_in().status == 401);
  place.provider.audience = "kontena";
  place.provider.more = R"(,"azp":"other")";
  CHECK(place.log_in().status == 401);
  place.provider.more = R"(,"nonce":"other")";
  CHECK(place.log_in().status == 401);
  place.provider.more.clear();
  place.provider.in_userinfo = true;
  place.provider.userinfo_subject = "u-9";
  CHECK(place.log_in().status == 401);
  CHECK(place.world.views_.now()->users.size() == 1);
  place.provider.userinfo_subject.clear();
  CHECK(place.logged_in().groups == std::vector<std::string>{"ops"});
}

TEST_CASE("new keys of the provider are asked for, and not all the time") {
  Place place;
  CHECK(place.logged_in().state == "done");
  place.world.clock_.advance(Duration(60'000));
  place.provider.keys = {Signer(Signer::Kind::ed25519, "k2")};
  const int before = place.provider.asked["/jwks"];
  CHECK(place.logged_in().state == "done");
  CHECK(place.provider.asked["/jwks"] == before + 1);
  place.provider.forger.emplace(Signer::Kind::ed25519, "k3");
  for (int i = 0; i < 8; ++i) CHECK(place.log_in().status == 401);
  CHECK(place.provider.asked["/jwks"] <= before + 2);
}

TEST_CASE("a login ends by denial, by its time, by being cancelled, and by other settings") {
  Place place;
  const auto fresh = [&] {
    const auto begun = place.world.read<api::SsoBegun>(place.begin());
    place.world.clock_.advance(Duration(begun.wait_ms));
    return begun.login;
  };
  std::string login = fresh();
  place.provider.state = "access_denied";
  CHECK(place.wait(login).status == 401);
  place.provider.state.clear();
  CHECK(place.wait(login).status == 410);
  login = fresh();
  place.provider.state = "expired_token";
  CHECK(place.wait(login).status == 410);
  login = fresh();
  place.world.clock_.advance(Duration(600'000));
  place.provider.state.clear();
  CHECK(place.wait(login).status == 410);
  login = fresh();
  CHECK(place.world
            .read<api::SsoState>(place.world.as_nobody(Method::post, "/v1/login/sso/wait",
                                                       R"({"cancel":true,"login":")" + login + R"("})"))
            .state == "cancelled");
  CHECK(place.wait(login).status == 410);
  place.world.clock_.advance(Duration(3'600'000));
  login = fresh();
  CHECK(place.set().status == 200);
  place.provider.state.clear();
  CHECK(place.wait(login).status == 410);
  CHECK(place.wait("made up").status == 410);
  CHECK(place.world.views_.now()->users.size() == 1);
}

TEST_CASE("with the provider away local accounts log in, and a login that has begun goes on when it is back") {
  Place place;
  place.world.clock_.advance(Duration(3'600'000));
  place.provider.away = true;
  CHECK(place.begin().status == 503);
  REQUIRE(place.world.as_admin(Method::put, "/v1/users/rita", "{}").status == 201);
  const auto code = place.world.read<api::InviteAnswer>(place.world.as_admin(Method::post, "/v1/users/rita/invite"));
  CHECK(place.world
            .as_nobody(Method::post, "/v1/invite",
                       codec::to_json(api::InviteRequest{"rita", code.code, "correct horse", ""}))
            .status == 201);
  CHECK(place.world.as_nobody(Method::post, "/v1/login", codec::to_json(api::LoginRequest{"rita", "correct horse", ""}))
            .status == 201);
  CHECK(place.set(R"(,"secret":"other")").status == 503);  // not taken unseen
  CHECK(place.world
            .as_admin(Method::put, "/v1/sso?unchecked=true",
                      R"({"issuer":"https://login.example","client_id":"kontena"})")
            .status == 200);

  place.provider.away = false;
  const auto begun = place.world.read<api::SsoBegun>(place.begin());
  place.provider.state.clear();
  for (const bool away : {true, true, false}) {
    place.provider.away = away;
    place.world.clock_.advance(Duration(10'000));
    const auto state = place.world.read<api::SsoState>(place.wait(begun.login));
    CHECK(state.state == (away ? "pending" : "done"));
  }
}

TEST_CASE("sessions of a provider end with it, and by its own bound") {
  Place place;
  CHECK(place.set(R"(,"session_ms":600000)").status == 200);
  const auto first = place.logged_in();
  CHECK(first.expires_ms == to_ms(place.world.clock_.now()) + 600'000);
  CHECK(place.grids(first.token) == 200);
  place.provider.issuer = "https://other.example";
  CHECK(place.set().status == 200);
  CHECK(place.grids(first.token) == 401);
  CHECK(place.log_in().status == 409);  // the name is the former provider's user's
  place.provider.called = "carl";
  place.provider.subject = "u-1";  // the same word, and somebody else
  const auto second = place.logged_in();
  CHECK(second.user == "carl");
  CHECK(place.world.as_admin(Method::del, "/v1/sso").status == 200);
  CHECK(place.grids(second.token) == 401);
  CHECK(place.begin().status == 409);
  CHECK(place.world.as_admin(Method::get, "/v1/sso").status == 404);
}

TEST_CASE("the client's secret is shown to nobody but the provider, and stays where it is not given anew") {
  Place place;
  CHECK(place.begin().status == 201);
  CHECK(place.provider.last.header("authorization") == "Basic " + text::base64("kontena:planted-client-secret"));
  CHECK(place.set(R"(,"groups_claim":"roles")").status == 200);
  CHECK(place.begin().status == 201);
  CHECK(place.provider.last.header("authorization") == "Basic " + text::base64("kontena:planted-client-secret"));
  const auto shown = place.world.as_admin(Method::get, "/v1/sso");
  CHECK(place.world.read<api::SsoSummary>(shown).secret);
  CHECK(shown.body.find("planted") == std::string::npos);
  const auto all = place.world.store_->list("");
  REQUIRE(all);
  for (const auto& entry : all->entries) CHECK(entry.value.find("planted") == std::string::npos);
  CHECK(place.set(R"(,"secret":"")").status == 200);
  CHECK(place.begin().status == 201);
  CHECK(place.provider.last.header("authorization").empty());
  CHECK_FALSE(place.world.read<api::SsoSummary>(place.world.as_admin(Method::get, "/v1/sso")).secret);
}

TEST_CASE("strangers can begin only so many logins, and only administrators say where") {
  Place place;
  int refused = 0;
  for (int i = 0; i < 10; ++i) refused += place.begin().status == 429 ? 1 : 0;
  CHECK(refused >= 4);
  CHECK(place.provider.asked["/device"] <= 6);
  const std::string ann = place.world.make_user("ann", "grid-admin", "default");
  for (const auto method : {Method::get, Method::del})
    CHECK(place.world.with_token(ann, method, "/v1/sso").status == 403);
  CHECK(place.world.with_token(ann, Method::put, "/v1/sso", R"({"issuer":"https://evil.example","client_id":"x"})")
            .status == 403);
  for (const char* body : {R"({"issuer":"http://login.example","client_id":"x"})",
                           R"({"issuer":"https://login.example?x=y","client_id":"x"})",
                           R"({"issuer":"https://login.example","client_id":""})",
                           R"({"issuer":"https://login.example","client_id":"x","authorities":"none"})",
                           R"({"issuer":"https://login.example","client_id":"x","session_ms":1})",
                           R"({"issuer":"https://login.example","client_id":"x","scopes":["a b"]})"})
    CHECK(place.world.as_admin(Method::put, "/v1/sso", body).status == 400);
}

}  // namespace kontena::server
