#include "kontena/oidc/token.h"

#include <map>

#include "signer.h"

namespace kontena::oidc {
namespace {

constexpr std::int64_t now_s = 1'795'341'600;
const Expected expected{"https://login.example", "kontena", "n-1", from_ms(now_s * 1'000)};

// The claims of a good token but for one, which is left out where it has no value.
std::string claims_with(const std::string& name = "", const std::string& value = "") {
  std::map<std::string, std::string> claims{
      {"iss", R"("https://login.example")"}, {"sub", R"("248289761001")"},   {"aud", R"("kontena")"},
      {"exp", std::to_string(now_s + 300)},  {"iat", std::to_string(now_s)}, {"nonce", R"("n-1")"}};
  if (!name.empty()) claims[name] = value;
  std::string json = "{";
  for (const auto& [key, text] : claims)
    if (!text.empty()) json += (json.size() > 1 ? ",\"" : "\"") + key + "\":" + text;
  return json + '}';
}

std::vector<Key> keys_of(std::initializer_list<std::string> keys) {
  auto read = read_keys(key_set(keys));
  REQUIRE(read);
  return *std::move(read);
}

const Signer& rsa() {
  static const Signer signer(Signer::Kind::rsa, "r1");
  return signer;
}

}  // namespace

TEST_CASE("a token by each kind of key is taken, and with each of its bytes changed it is not") {
  for (const auto kind : {Signer::Kind::rsa, Signer::Kind::p256, Signer::Kind::ed25519}) {
    CAPTURE(static_cast<int>(kind));
    const Signer signer(kind, "k1"), other(kind, "k1");
    const auto keys = keys_of({signer.public_key()});
    REQUIRE(keys.size() == 1);
    const std::string token = signer.token(claims_with());
    const auto verified = verify(token, keys, expected);
    REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().message));
    CHECK(*verified == claims_with());
    CHECK_FALSE(verify(token, keys_of({other.public_key()}), expected));
    for (std::size_t i = 0; i < token.size(); i += 1 + i % 3) {
      CAPTURE(i);
      for (const char to : {token[i] == 'A' ? 'B' : 'A', '=', '.', '\0'}) {
        std::string changed = token;
        changed[i] = to;
        if (changed != token) CHECK_FALSE(verify(changed, keys, expected));
      }
      CHECK_FALSE(verify(token.substr(0, i), keys, expected));
    }
    CHECK_FALSE(verify(token + "A", keys, expected));
    CHECK_FALSE(verify(token + ".e30", keys, expected));
  }
}

TEST_CASE("what the signature does not cover by an algorithm of its key is refused") {
  const Signer curve(Signer::Kind::p256, "e1");
  const auto keys = keys_of({rsa().public_key(), curve.public_key()});
  const std::string claims = claims_with();
  const auto refused = [&](const std::string& token) {
    const auto verified = verify(token, keys, expected);
    return !verified && (verified.error().code == Code::unauthenticated || verified.error().code == Code::not_found);
  };
  CHECK(refused(url_text(R"({"alg":"none"})") + '.' + url_text(claims) + '.'));
  CHECK(refused(url_text(R"({"alg":"none","kid":"r1"})") + '.' + url_text(claims) + '.' + url_text("x")));
  for (const char* algorithm : {"HS256", "None", "NONE", "", "RS512", "PS256", "ES384", "rs256"})
    CHECK(refused(rsa().token_with(R"({"kid":"r1","alg":")" + std::string(algorithm) + R"("})", claims)));
  CHECK(refused(rsa().token_with(R"({"alg":"ES256","kid":"r1"})", claims)));  // the key is for another
  CHECK(refused(rsa().token_with(R"({"alg":"RS256","kid":"e1"})", claims)));
  CHECK(refused(rsa().token_with(R"({"alg":"RS256","kid":"r1","crit":["b64"],"b64":false})", claims)));
  CHECK(refused(rsa().token_with(R"({"alg":"RS256","kid":"r1","typ":"at+jwt"})", claims)));
  CHECK(refused(rsa().token_with(R"({"alg":["RS256"],"kid":"r1"})", claims)));
  CHECK(refused(rsa().token_with("[]", claims)));
  // A key that the token brings along is nobody's.
  const Signer own(Signer::Kind::rsa, "r1");
  CHECK(refused(own.token_with(R"({"alg":"RS256","kid":"r1","jwk":)" + own.public_key() + "}", claims)));
  for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30.e30"}) CHECK(refused(text));
}

TEST_CASE("a token of another key says so, and without an id only one key will do") {
  const Signer second(Signer::Kind::rsa, "r2");
  const auto unknown = verify(second.token(claims_with()), keys_of({rsa().public_key()}), expected);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::not_found);
  const std::string without = rsa().token_with(R"({"alg":"RS256"})", claims_with());
  CHECK(verify(without, keys_of({rsa().public_key()}), expected));
  const auto unsure = verify(without, keys_of({rsa().public_key(), second.public_key()}), expected);
  REQUIRE_FALSE(unsure);
  CHECK(unsure.error().code == Code::unauthenticated);
}

TEST_CASE("each claim has to be right") {
  const auto keys = keys_of({rsa().public_key()});
  struct Row {
    std::string name, value;
    bool good;
  };
  const auto at = [](std::int64_t seconds) { return std::to_string(now_s + seconds); };
  for (const Row& row : {Row{"iss", R"("https://login.example/")", false},
                         Row{"iss", R"("https://evil.example")", false},
                         Row{"iss", "", false},
                         Row{"aud", R"("other")", false},
                         Row{"aud", "", false},
                         Row{"aud", "[]", false},
                         Row{"aud", R"(["kontena"])", true},
                         Row{"aud", R"(["kontena","other"])", false},  // who is it for?
                         Row{"azp", R"("other")", false},
                         Row{"azp", R"("kontena")", true},
                         Row{"exp", "", false},
                         Row{"exp", at(-61), false},
                         Row{"exp", at(-30), true},
                         Row{"exp", R"("soon")", false},
                         Row{"exp", "-1", false},
                         Row{"exp", "1e400", false},
                         Row{"exp", "9223372036854775807", false},
                         Row{"iat", "", false},
                         Row{"iat", at(61), false},
                         Row{"iat", at(59), true},
                         Row{"iat", at(-600), false},
                         Row{"iat", at(-500) + ".5", true},
                         Row{"nbf", at(61), false},
                         Row{"nbf", at(0), true},
                         Row{"nonce", R"("n-2")", false},
                         Row{"nonce", "1", false},
                         Row{"nonce", "", true}}) {
    CAPTURE(row.name);
    CAPTURE(row.value);
    CHECK(verify(rsa().token(claims_with(row.name, row.value)), keys, expected).has_value() == row.good);
  }
  const std::string both = R"({"iss":"https://login.example","sub":"1","aud":["a","kontena"],"azp":"kontena","exp":)" +
                           at(60) + R"(,"iat":)" + at(0) + '}';
  CHECK(verify(rsa().token(both), keys, expected));
  CHECK_FALSE(verify(rsa().token("[]"), keys, expected));
  CHECK_FALSE(verify(rsa().token(std::string(70'000, ' ')), keys, expected));
}

TEST_CASE("keys that cannot be used are left out, and what is no set is refused") {
  const Signer weak(Signer::Kind::rsa, "w", 1024);
  CHECK(keys_of({weak.public_key()}).empty());
  const std::string good = rsa().public_key();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string key = good;
    key.replace(key.find(from), from.size(), to);
    return keys_of({key}).size();
  };
  CHECK(with("sig", "enc") == 0);
  CHECK(with("RS256", "RS512") == 0);
  CHECK(with("RS256", "HS256") == 0);
  CHECK(with(R"("use":"sig")", R"("key_ops":["verify"])") == 1);
  CHECK(with(R"("use":"sig")", R"("key_ops":["encrypt"])") == 0);
  CHECK(with(R"("e":"AQAB")", R"("e":"AQAA")") == 0);
  CHECK(with(R"("e":"AQAB")", R"("e":"AQ")") == 0);
  CHECK(keys_of({R"({"kty":"oct","k":"c2VjcmV0","kid":"h"})"}).empty());
  // A point that is not on the curve.
  CHECK(keys_of({R"({"kty":"EC","crv":"P-256","x":")" + url_text(std::string(32, 'x')) + R"(","y":")" +
                 url_text(std::string(32, 'y')) + R"("})"})
            .empty());
  CHECK(keys_of({"1", "null", "[]", "{}"}).empty());
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", "{\"keys\":[}"}) CHECK_FALSE(read_keys(text));
  CHECK_FALSE(read_keys(std::string(300'000, ' ')));
}

TEST_CASE("who somebody is comes from the claims that were named") {
  const std::string json =
      R"({"sub":"1","preferred_username":"Ann.Smith","email":"ann@example.org","email_verified":true,"groups":["ops","Web Team","ops","a b"],
          "realm_access":{"roles":["dev"]},"https://x.example/groups":"solo"})";
  const auto claims = read_claims(json, "preferred_username", "groups");
  REQUIRE(claims);
  CHECK(claims->subject == "1");
  CHECK(user_name(*claims->user) == "ann-smith");
  CHECK(usable_groups(*claims->groups) == std::vector<std::string>{"ops"});
  CHECK(*read_claims(json, "email", "realm_access.roles")->groups == std::vector<std::string>{"dev"});
  CHECK(*read_claims(json, "email", "https://x.example/groups")->groups == std::vector<std::string>{"solo"});
  const auto none = read_claims(json, "nickname", "teams");
  REQUIRE(none);
  CHECK_FALSE(none->user);
  CHECK_FALSE(none->groups);
  CHECK_FALSE(read_claims(R"({"sub":"1","email":"a@b","email_verified":false})", "email", "groups"));
  CHECK(read_claims(R"({"sub":"1","email":"a@b"})", "email", "groups"));
  for (const char* subject : {R"({})", R"({"sub":""})", R"({"sub":1})", R"({"sub":"a b"})", "[]", ""})
    CHECK_FALSE(read_claims(subject, "email", "groups"));
  CHECK(user_name("Jörg@Example.ORG") == "j-rg-example-org");
  CHECK_FALSE(user_name("…"));
  CHECK_FALSE(user_name(std::string(64, 'a')));
}

}  // namespace kontena::oidc
