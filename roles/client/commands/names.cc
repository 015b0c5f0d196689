#include "names.h"

#include "kontena/base/text.h"

namespace kontena::client {

Result<ServiceName> parse_service_name(const std::string& word) {
  const auto parts = text::split(word, '/');
  const bool fits = parts.size() <= 2 && !parts[0].empty() && !parts.back().empty();
  if (!fits) return Error{Code::invalid_argument, "'" + word + "' is not STACK or STACK/SERVICE"};
  return ServiceName{parts[0], parts.size() == 2 ? parts[1] : ""};
}

Result<ServiceName> parse_service(const std::string& word) {
  KTN_TRY(ServiceName name, parse_service_name(word));
  if (name.service.empty())
    return Error{Code::invalid_argument, "'" + word + "' is not STACK/SERVICE",
                 "kontena client service ls " + name.stack};
  return name;
}

Result<std::optional<std::int64_t>> number_option(const Session& session, std::string_view option, std::int64_t least) {
  if (!session.arguments.has(option)) return std::optional<std::int64_t>();
  const std::string given = session.arguments.value(option);
  const auto number = text::integer(given);
  if (!number || *number < least)
    return Error{Code::invalid_argument,
                 std::string(option) + " " + given + ": a number of " + std::to_string(least) + " or more is wanted"};
  return number;
}

Result<std::int64_t> parse_since(const std::string& given, Time now) {
  if (const auto point = text::parse_rfc3339(given)) return to_ms(*point);
  if (const auto ago = text::duration(given)) return to_ms(now - *ago);
  return Error{Code::invalid_argument,
               "--since " + given + ": neither a time to look back, like 10m, nor a point in time",
               "a point in time is written 2026-11-22T09:00:00Z"};
}

std::vector<std::string> listed(const Session& session, std::string_view option) {
  std::vector<std::string> all;
  for (const std::string& given : session.arguments.values(option))
    for (const std::string& each : text::split(given, ',')) all.emplace_back(text::trim(each));
  return all;
}

Status add_label(const std::string& word, model::StringMap& labels) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error{Code::invalid_argument, "'" + word + "' is not KEY=VALUE"};
  labels[word.substr(0, equals)] = word.substr(equals + 1);
  return Done{};
}

}  // namespace kontena::client
