#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kontena/base/result.h"

namespace kontena::compose {

struct Node;  // src/compose/node.h: a value with its kind, tag and position

// The files beside a project, for what it names and needs only when it is run.
struct Nearby {
  std::string folder;  // the project's, where relative paths start
  std::function<Result<std::string>(const std::string& path)> open;

  Result<std::string> read(const std::string& path) const;
};

// A Compose project in canonical form: long forms, defaults, absolute paths, and
// for each value where in which file it was written. Immutable and cheap to copy.
class Document {
 public:
  explicit Document(std::shared_ptr<const Node> root, Nearby nearby = {})
      : root_(std::move(root)), nearby_(std::make_shared<const Nearby>(std::move(nearby))) {}
  const Node& root() const { return *root_; }
  const Nearby& nearby() const { return *nearby_; }
  std::string name() const;  // of the project
  std::string yaml() const;  // as `docker compose config` prints it
  std::string json() const;

 private:
  std::shared_ptr<const Node> root_;
  std::shared_ptr<const Nearby> nearby_;
};

}  // namespace kontena::compose
