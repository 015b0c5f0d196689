#pragma once

#include "../routes.h"

// Blobs on their way, whoever asks.
namespace kontena::server {

http::Response sent(blobs::Outgoing);

// 201 once it is kept; at most so many bytes.
Result<http::Response> take_blob(Context&, const std::string& scope, const std::string& digest, std::int64_t most,
                                 http::Upload*);

}  // namespace kontena::server
