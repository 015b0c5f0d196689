#pragma once

#include <memory>
#include <string>

#include "kontena/engine/inside.h"
#include "wire.h"

namespace kontena::engine::docker {

class DockerInside final : public Inside {
 public:
  DockerInside(std::string socket, std::unique_ptr<http::Client> client) : socket_(socket), wire_(socket, std::move(client)) {}

  Result<Begun> exec(const std::string& container, const ExecSpec&, bool input) override;
  Result<ExecState> exec_state(const std::string& exec) override;
  Status resize_exec(const std::string& exec, int rows, int columns) override;
  Result<std::unique_ptr<Conduit>> attach(const std::string& container, bool input) override;
  Status resize(const std::string& container, int rows, int columns) override;
  Result<PathStat> stat(const std::string& container, const std::string& path) override;
  Status get(const std::string& container, const std::string& path, const std::function<bool(std::string_view)>& sink) override;
  Status put(const std::string& container, const std::string& folder, const http::Client::Pieces& next) override;

 private:
  // A request after whose answer's head the connection is a stream both ways.
  Result<std::unique_ptr<Conduit>> hijack(const std::string& path, const std::string& body, bool framed);

  const std::string socket_;
  Wire wire_;
};

}  // namespace kontena::engine::docker
