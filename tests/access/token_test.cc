#include "kontena/access/token.h"

#include <doctest/doctest.h>

#include "kontena/base/random.h"
#include "kontena/base/text.h"

using namespace kontena;
using access::parse_token;

namespace {

const std::string fingerprint(64, 'a');
const std::string secret(43, 'A');

std::string token(const std::string& version, const std::string& print, const std::string& id, const std::string& key) {
  return version + "." + print + "." + id + "." + key;
}

}  // namespace

TEST_CASE("a token comes back from its text") {
  SystemIds random;
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const access::TokenText made{text::hex(random.bytes(32)), TokenId(random.id()),
                                 access::make_secret(random.bytes(32))};
    REQUIRE(made.secret.reveal().size() == 43);
    const auto read = parse_token(" \n" + access::format(made) + "\r\n");
    REQUIRE(read);
    REQUIRE(read->fingerprint == made.fingerprint);
    REQUIRE(read->id == made.id);
    REQUIRE(read->secret.reveal() == made.secret.reveal());
  }
}

TEST_CASE("what is not a token is refused, and never quoted") {
  struct Row {
    std::string text;
    std::string_view why;
  };
  const std::string id = "0123456789ab";
  const Row rows[] = {
      {"", "empty"},
      {"  \n", "empty"},
      {"hunter2", "ktn1"},
      {token("ktn2", fingerprint, id, secret), "ktn1"},
      {token("KTN1", fingerprint, id, secret), "ktn1"},
      {"ktn1." + fingerprint + "." + id, "3 parts"},
      {token("ktn1", fingerprint, id, secret) + ".x", "5 parts"},
      {token("ktn1", fingerprint.substr(1), id, secret), "second part"},
      {token("ktn1", std::string(64, 'A'), id, secret), "second part"},
      {token("ktn1", std::string(64, 'g'), id, secret), "second part"},
      {token("ktn1", fingerprint, "0123456789a", secret), "third part"},
      {token("ktn1", fingerprint, "0123456789/b", secret), "third part"},
      {token("ktn1", fingerprint, id, secret.substr(1)), "last part"},
      {token("ktn1", fingerprint, id, secret + "A"), "last part"},
      {token("ktn1", fingerprint, id, secret + "="), "last part"},
      {token("ktn1", fingerprint, id, secret.substr(1) + "B"), "last part"},  // bits beyond the 32 bytes
      {token("ktn1", fingerprint, id, "+" + secret.substr(1)), "last part"},  // base64, not base64url
      {token("ktn1", fingerprint, id, "/" + secret.substr(1)), "last part"},
      {token("ktn1", fingerprint, id, secret.substr(2) + " A"), "last part"},
      {std::string(5000, 'x'), "too long"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = parse_token(row.text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::invalid_argument);
    CHECK_MESSAGE(read.error().message.find(row.why) != std::string::npos, read.error().message);
    CHECK_FALSE(read.error().hint.empty());
    CHECK(read.error().message.find(secret.substr(0, 20)) == std::string::npos);
    CHECK(read.error().message.find("hunter2") == std::string::npos);
  }
}
