#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kontena/http/message.h"
#include "routes.h"

namespace kontena::server {

// What Prometheus reads: all grids, from the newest view and what nodes last told. Text format 0.0.4.
std::string metrics_text(const Context&);

// What is to be had where metrics are, for who has shown the token; none: there is no such page.
inline constexpr std::string_view metrics_pages = "/metrics and /sd";
std::optional<http::Response> metrics_page(const Context&, const std::string& path);

}  // namespace kontena::server
