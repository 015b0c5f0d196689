#include "kontena/http/message.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::http {
namespace {

bool is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// As a JSON string. What is not ASCII goes out as it is: our messages are UTF-8,
// and what a peer sent that is not is cut out, so that the answer stays JSON.
std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (std::size_t i = 0; i < value.size();) {
    const unsigned char c = static_cast<unsigned char>(value[i]);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += value[i++];
    } else if (c < 0x20 || c == 0x7f) {
      text += "\\u00" + text::hex({&value[i++], 1});
    } else if (c < 0x80) {
      text += value[i++];
    } else {
      const std::size_t size = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe1 && c <= 0xef && c != 0xed ? 3 : 0;
      bool whole = size > 0 && i + size <= value.size();
      for (std::size_t k = 1; whole && k < size; ++k) whole = (static_cast<unsigned char>(value[i + k]) & 0xc0) == 0x80;
      if (whole) text += value.substr(i, size);
      i += whole ? size : 1;
    }
  }
  return text + '"';
}

}  // namespace

std::string_view name(Method method) {
  constexpr std::array<std::string_view, 5> names{"GET", "HEAD", "PUT", "POST", "DELETE"};
  return names[static_cast<std::size_t>(method)];
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(byte)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 15];
    }
  }
  return encoded;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const auto byte = text::unhex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1)
      return Error{Code::invalid_argument, "a '%' in the path or query is not followed by two hex digits"};
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

std::string query_text(const Query& query) {
  std::string text;
  for (const auto& [key, value] : query)
    text += (text.empty() ? '?' : '&') + percent_encode(key) + '=' + percent_encode(value);
  return text;
}

Result<Query> parse_query(std::string_view text) {
  Query query;
  for (std::string part : text::split(text, '&')) {
    if (part.empty()) continue;
    for (char& c : part)
      if (c == '+') c = ' ';
    const std::size_t equals = std::min(part.find('='), part.size());
    KTN_TRY(std::string key, percent_decode(std::string_view(part).substr(0, equals)));
    KTN_TRY(std::string value, percent_decode(std::string_view(part).substr(std::min(equals + 1, part.size()))));
    query.insert_or_assign(std::move(key), std::move(value));
  }
  return query;
}

Response error_response(int status, const Error& error) {
  std::string body = "{\"error\":{\"code\":" + quoted(kontena::name(error.code)) +
                     ",\"message\":" + quoted(error.message) + ",\"hint\":" + quoted(error.hint) + "}}";
  return {.status = status, .body = std::move(body)};
}

Response error_response(const Error& error) { return error_response(http_status(error.code), error); }

}  // namespace kontena::http
