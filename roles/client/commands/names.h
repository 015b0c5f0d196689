#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../session.h"

// The names that commands take.
namespace kontena::client {

struct ServiceName {
  std::string stack;
  std::string service;  // "" = the whole stack
};
// "STACK" or "STACK/SERVICE".
Result<ServiceName> parse_service_name(const std::string& word);
// The same, with the service required.
Result<ServiceName> parse_service(const std::string& word);

// A whole number of an option that was given: at least `least`.
Result<std::optional<std::int64_t>> number_option(const Session&, std::string_view option, std::int64_t least);

// --since: "10m", or a point in time; in milliseconds since 1970.
Result<std::int64_t> parse_since(const std::string& given, Time now);

// Of an option that is a list with commas, or is given several times.
std::vector<std::string> listed(const Session&, std::string_view option);

// "KEY=VALUE" into the map.
Status add_label(const std::string& word, model::StringMap& labels);

}  // namespace kontena::client
