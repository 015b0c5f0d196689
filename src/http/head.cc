#include "head.h"

#include <algorithm>
#include <array>

#include "kontena/base/text.h"

namespace kontena::http {
namespace {

Refusal bad(std::string_view what) {
  return {400, {Code::invalid_argument, "the request is broken: " + std::string(what)}};
}

bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

// Visible characters, blanks and tabs, and what is above ASCII.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

// Takes a line off the front; none if its end is not CR LF.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') return std::nullopt;
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  if (line.find('\r') != std::string_view::npos) return std::nullopt;
  return line;
}

std::optional<Refusal> read_method(std::string_view text, Method& method) {
  for (const Method known : {Method::get, Method::head, Method::put, Method::post, Method::del})
    if (text == name(known)) {
      method = known;
      return std::nullopt;
    }
  if (!is_token(text)) return bad("its method");
  for (const std::string_view other : {"OPTIONS", "PATCH", "TRACE", "CONNECT"})
    if (text == other) return Refusal{405, {Code::unsupported, std::string(text) + " is not a method of this server"}};
  return Refusal{501, {Code::unsupported, "this is not a method of HTTP that the server knows"}};
}

std::optional<Refusal> read_first_line(std::string_view line, const HeadLimits& limits, Head& head) {
  const auto parts = text::split(line, ' ');
  if (parts.size() != 3) return bad("its first line");
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
    if (!parts[2].starts_with("HTTP/")) return bad("its first line");
    return Refusal{505, {Code::unsupported, "this server speaks HTTP/1.1"}};
  }
  head.old = parts[2] == "HTTP/1.0";
  head.keep_alive = !head.old;
  if (auto refusal = read_method(parts[0], head.request.method)) return refusal;

  const std::string& target = parts[1];
  if (target.size() > limits.path)
    return Refusal{414, {Code::exhausted, "the path is longer than " + std::to_string(limits.path) + " bytes"}};
  if (!target.starts_with('/') ||
      std::ranges::any_of(target, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '#'; }))
    return bad("its path");
  const std::size_t mark = std::min(target.find('?'), target.size());
  head.request.path = target.substr(0, mark);
  auto query = parse_query(std::string_view(target).substr(std::min(mark + 1, target.size())));
  if (!query) return Refusal{400, std::move(query).error()};
  head.request.query = *std::move(query);
  return std::nullopt;
}

std::optional<Refusal> read_headers(std::string_view text, const HeadLimits& limits, Headers& headers) {
  // Of these a second one is never an addition, but another meaning.
  constexpr std::array<std::string_view, 5> once{"authorization", "content-length", "content-type", "host",
                                                 "transfer-encoding"};
  for (std::size_t count = 0;; ++count) {
    const auto line = take_line(text);
    if (!line) return bad("a line end");
    if (line->empty()) return text.empty() ? std::nullopt : std::optional(bad("a line end"));
    if (count == limits.headers)
      return Refusal{431,
                     {Code::exhausted, "the request has more than " + std::to_string(limits.headers) + " headers"}};
    const auto colon = line->find(':');
    if (colon == std::string_view::npos || !is_token(line->substr(0, colon))) return bad("a header's name");
    const std::string_view value = text::trim(line->substr(colon + 1));
    if (!is_value(value)) return bad("a header's value");
    const std::string name = text::lower(line->substr(0, colon));
    const auto [at, fresh] = headers.emplace(name, value);
    if (fresh) continue;
    if (std::ranges::find(once, name) != once.end()) return bad("a header that may be there once is there twice");
    at->second += ", " + std::string(value);
  }
}

std::optional<Refusal> read_framing(Head& head) {
  const Headers& headers = head.request.headers;
  const auto encoding = headers.find("transfer-encoding"), length = headers.find("content-length");
  if (encoding != headers.end()) {
    if (length != headers.end()) return bad("both a length and a transfer encoding");
    if (head.old) return bad("a transfer encoding in HTTP/1.0");
    if (text::lower(encoding->second) != "chunked")
      return Refusal{501, {Code::unsupported, "the only transfer encoding here is 'chunked'"}};
    head.chunked = true;
  }
  if (length != headers.end()) {
    const std::string& digits = length->second;
    if (digits.empty() || digits.size() > 15 ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
      return bad("its length");
    head.length = static_cast<std::uint64_t>(*text::integer(digits));
  }
  if (head.has_body() && (head.request.method == Method::get || head.request.method == Method::head))
    return bad("a body where there is none");
  return std::nullopt;
}

std::optional<Refusal> read_wishes(Head& head) {
  const Headers& headers = head.request.headers;
  if (!head.old && !headers.contains("host")) return bad("no host");
  if (const auto expect = headers.find("expect"); expect != headers.end()) {
    if (text::lower(expect->second) != "100-continue")
      return Refusal{417, {Code::unsupported, "the server can't meet what is expected"}};
    head.expects_continue = !head.old;
  }
  if (const auto connection = headers.find("connection"); connection != headers.end())
    for (const std::string& word : text::split(connection->second, ','))
      if (text::lower(text::trim(word)) == "close") head.keep_alive = false;
  return std::nullopt;
}

}  // namespace

std::variant<Head, Refusal> parse_head(std::string_view text, const HeadLimits& limits) {
  if (text.size() > limits.bytes)
    return Refusal{
        431, {Code::exhausted, "the head of the request is larger than " + std::to_string(limits.bytes) + " bytes"}};
  Head head;
  const auto first = take_line(text);
  if (!first) return bad("its first line");
  if (auto refusal = read_first_line(*first, limits, head)) return *std::move(refusal);
  if (auto refusal = read_headers(text, limits, head.request.headers)) return *std::move(refusal);
  if (auto refusal = read_framing(head)) return *std::move(refusal);
  if (auto refusal = read_wishes(head)) return *std::move(refusal);
  return head;
}

}  // namespace kontena::http
