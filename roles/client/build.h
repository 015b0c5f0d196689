#pragma once

#include <deque>
#include <map>
#include <string>

#include "kontena/compose/spec.h"
#include "kontena/engine/images.h"
#include "progress.h"
#include "session.h"

namespace kontena::client {

struct Built {
  engine::ImageFacts facts;
  std::string manifest;  // its digest, where a node built it and the server has its parts
};

// Builds what is not built of exactly this yet, by the engine of this machine, or with --on by that of a node,
// and says what it does on standard error. --build builds all, --no-build nothing. `send`: it is for other
// nodes too. Code::unavailable where no engine answers. By service.
Result<std::map<std::string, Built>> build_images(Session&, const compose::Specified&, bool send);

// What a build says, on standard error; where nobody wants to see it all, its last lines if it fails.
class BuildLines {
 public:
  BuildLines(Session&, ProgressMode);
  void say(std::string_view line);
  void failed();

 private:
  static constexpr std::size_t kept = 20;

  Session& session_;
  const bool shown_;
  std::deque<std::string> last_;
};

// The exit status of a command whose build failed: a step that fails has failed, and is in no conflict.
Result<int> build_failed(Session&, const Error&);

// Sees to it that the server has all parts of these images, and names them in the spec.
Status send_images(Session&, const std::map<std::string, Built>&, compose::Specified&);

}  // namespace kontena::client
