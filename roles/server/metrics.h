#pragma once

#include <string>

#include "kontena/http/message.h"
#include "routes.h"

namespace kontena::server {

// What Prometheus reads: all grids, from the newest view and what nodes last told. Text format 0.0.4.
std::string metrics_text(const Context&);

// Answers GET /metrics to who has the token (as Bearer), and nothing else. `token` is not empty.
http::Response answer_metrics(const Context&, const std::string& token, const http::Request&);

}  // namespace kontena::server
