#pragma once

#include "../routes.h"

namespace kontena::server {

// logs.cc
Result<http::Response> stream_logs(Context&, const View&, const Call&, http::Upload*);
Result<http::Response> take_logs(Context&, const View&, const Call&, http::Upload*);

}  // namespace kontena::server
