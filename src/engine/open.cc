#include "kontena/engine/open.h"

#include "docker/builder.h"
#include "docker/engine.h"
#include "docker/inside.h"
#include "kontena/http/client.h"

namespace kontena::engine {

std::unique_ptr<Engine> open_docker(const std::string& socket) {
  return std::make_unique<docker::DockerEngine>(
      socket, http::connect({.url = "http://docker", .unix_socket = socket, .user_agent = "kontena"}));
}

std::unique_ptr<Images> open_images(const std::string& socket) {
  return std::make_unique<docker::DockerImages>(
      socket, http::connect({.url = "http://docker", .unix_socket = socket, .user_agent = "kontena"}));
}

std::unique_ptr<Inside> open_inside(const std::string& socket) {
  return std::make_unique<docker::DockerInside>(
      socket, http::connect({.url = "http://docker", .unix_socket = socket, .user_agent = "kontena"}));
}

}  // namespace kontena::engine
