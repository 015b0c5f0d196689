#include "kontena/access/token.h"

#include <algorithm>

#include "kontena/base/panic.h"
#include "kontena/base/text.h"

namespace kontena::access {
namespace {

constexpr std::string_view version = "ktn1";
constexpr std::size_t secret_bytes = 32;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string encode(std::string_view bytes) {
  std::string text = text::base64_url(bytes);
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

// Encoding anew what was decoded refuses other spellings of the same bytes, so
// that a secret has one text and its digest one value.
bool is_secret(std::string_view text) {
  const auto bytes = text::unbase64(text);
  return bytes && bytes->size() == secret_bytes && encode(*bytes) == text;
}

// Never quotes what was given: it may hold a secret.
Error not_a_token(std::string_view what) {
  return {Code::invalid_argument, "this is not a token: " + std::string(what),
          "copy the whole line that was printed when the token was made; it starts with ktn1."};
}

}  // namespace

std::string format(const TokenText& token) {
  return std::string(version) + '.' + token.fingerprint + '.' + *token.id + '.' + token.secret.reveal();
}

Result<TokenText> parse_token(std::string_view given) {
  const std::string_view text = text::trim(given);
  if (text.empty()) return not_a_token("it is empty");
  if (text.size() > 1024) return not_a_token("it is too long");
  const auto parts = text::split(text, '.');
  if (parts[0] != version) return not_a_token("it does not start with ktn1");
  if (parts.size() != 4) return not_a_token("it has " + std::to_string(parts.size()) + " parts, not 4");
  if (!is_hex(parts[1], 64)) return not_a_token("its second part is not 64 hex digits");
  if (!is_hex(parts[2], 12)) return not_a_token("its third part is not 12 hex digits");
  if (!is_secret(parts[3])) return not_a_token("its last part is not 43 characters of base64url");
  return TokenText{parts[1], TokenId(parts[2]), Redacted(parts[3])};
}

Redacted make_secret(std::string_view random_bytes) {
  KTN_ASSERT(random_bytes.size() == secret_bytes, "a secret is made from 32 random bytes");
  return Redacted(encode(random_bytes));
}

}  // namespace kontena::access
