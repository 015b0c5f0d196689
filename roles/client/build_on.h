#pragma once

#include <string>
#include <utility>
#include <vector>

#include "build.h"

namespace kontena::client {

// Builds by the engine of a node: the server has the context, unless it has it already, and passes on what
// the node says. Who ends this process ends the build.
class NodeBuilder {
 public:
  NodeBuilder(Session& session, std::string node, ProgressMode mode, bool send)
      : session_(session), node_(std::move(node)), mode_(mode), send_(send) {}

  Result<Built> image_of(const std::string& service, const compose::Build&);

 private:
  Result<Built> make(const std::string& service, const compose::Build&);

  Session& session_;
  const std::string node_;
  const ProgressMode mode_;
  const bool send_;  // the image is for other nodes too
  std::vector<std::pair<compose::Build, Built>> done_;
};

}  // namespace kontena::client
