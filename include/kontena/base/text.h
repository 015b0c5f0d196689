#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"

// Small, pure functions on text that more than one module needs.
namespace kontena::text {

std::vector<std::string> split(std::string_view text, char at);  // "a//b" at '/' is three parts; "" is one, empty
std::string join(std::span<const std::string> parts, std::string_view between);
std::string_view trim(std::string_view);  // blanks, tabs, line ends off both sides
std::string lower(std::string_view);      // ASCII only
std::optional<std::int64_t> integer(std::string_view);  // the whole text, decimal; no blanks, no '+'

// The fewest digits that read back as the same number, as 1.5, 1e+16 or 1.5e-05.
std::string shortest(double);
std::string shortest(float);

std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view);
std::string base64(std::string_view bytes);      // RFC 4648, padded
std::string base64_url(std::string_view bytes);  // RFC 4648 section 5, padded, as Docker's X-Registry-Auth wants it
std::optional<std::string> unbase64(std::string_view);

std::string rfc3339(Time);                              // "2026-11-22T09:48:25.123Z"
std::optional<Time> parse_rfc3339(std::string_view);    // fraction and zone offset allowed; floors to ms

// "512", "64k", "1.5g", "1GiB": bytes, 1024-based, as Compose reads them.
Result<std::int64_t> bytes(std::string_view);
// "1h5m30s20ms", also d and w, as Compose reads them; to milliseconds, rounded up.
Result<Duration> duration(std::string_view);

std::string human_bytes(std::int64_t);     // "412 MB", "1.0 GB" (1024-based, as `docker` prints)
std::string human_duration(Duration);      // "90s", "3m", "2h", "5d": one unit, floored; the next from two of it on

// The candidate that a mistyped word most likely means: edit distance at most 2
// and less than half the word, or 1 for a word of two. Empty where there is none.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// A name of ours: 1–63 of a-z 0-9 -, starting and ending with a letter or digit
// (a DNS label). Grids, projects, stacks and nodes have such names.
bool is_label(std::string_view);

}  // namespace kontena::text
