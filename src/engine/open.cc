#include "kontena/engine/open.h"

#include "docker/engine.h"

namespace kontena::engine {

std::unique_ptr<Engine> open_docker(const std::string& socket) {
  return std::make_unique<docker::DockerEngine>(socket);
}

}  // namespace kontena::engine
