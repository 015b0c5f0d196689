#pragma once

#include <map>
#include <string>

#include "kontena/compose/spec.h"
#include "kontena/engine/images.h"
#include "session.h"

namespace kontena::client {

// Builds what is not built of exactly this yet, by the engine of this machine, and says what it does on
// standard error. --build builds all, --no-build nothing. Code::unavailable where no engine answers.
// The images' descriptions, by service.
Result<std::map<std::string, engine::ImageFacts>> build_images(Session&, const compose::Specified&);

// The exit status of a command whose build failed: a step that fails has failed, and is in no conflict.
Result<int> build_failed(Session&, const Error&);

// Sees to it that the server has all parts of these images, and names them in the spec.
Status send_images(Session&, const std::map<std::string, engine::ImageFacts>&, compose::Specified&);

}  // namespace kontena::client
