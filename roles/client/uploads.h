#pragma once

#include <string>

#include "kontena/image/context.h"
#include "session.h"

namespace kontena::client {

// Blobs of the project on the server, named by what they hold: "sha256:HEX".

// Whether the server has it. One that it has stays for an hour from then.
Result<bool> has_blob(Session&, const std::string& digest);

// Of a file, from `path`, or of bytes at hand. Tried again when the server was away for a moment.
Status send_blob(Session&, const std::string& digest, const std::string& path, bool of_image);
Status send_context(Session&, const std::string& digest, const image::Context&);  // without times
Status send_blob_text(Session&, const std::string& digest, const std::string& bytes, bool of_image);

}  // namespace kontena::client
