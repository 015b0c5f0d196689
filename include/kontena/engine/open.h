#pragma once

#include <memory>
#include <string>

#include "kontena/engine/engine.h"
#include "kontena/engine/images.h"

namespace kontena::engine {

// Docker's Engine on a unix socket. Does not connect yet: facts() does.
std::unique_ptr<Engine> open_docker(const std::string& socket);
std::unique_ptr<Images> open_images(const std::string& socket);  // likewise

}  // namespace kontena::engine
