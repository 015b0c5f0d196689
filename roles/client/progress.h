#pragma once

#include <map>
#include <string>
#include <vector>

#include "kontena/api/messages.h"
#include "session.h"

// What a deployment's progress looks like. Pure but for the terminal's painter.
namespace kontena::client {

enum class ProgressMode { tty, plain, json, quiet };

// --progress, or what fits standard error; quiet with -q.
Result<ProgressMode> find_progress(const Session&);

struct Change {
  std::string service;
  std::string instance;  // "web-1"; "" where it is about the service
  std::string node;
  std::string what;  // "running (healthy)"
};

// Tells what has changed from one answer to the next: each thing once. What was so
// before the deployment began is not told.
class Changes {
 public:
  std::vector<Change> next(const api::DeploymentDetail&);

 private:
  std::map<std::string, std::string> instances_;  // id → what was last told
  std::map<std::string, Change> last_;            // id → of those still there
  std::map<std::string, std::string> services_;
  bool first_ = true;
};

std::string plain_line(const Change&);  // "web-1 on n1: running"
std::string json_line(const model::Deployment&, const Change&, Time now);

// A frame for a terminal: a head, a line for each service, a foot. No line is wider
// than `columns`, and there are at most `lines`.
std::vector<std::string> frame(const api::DeploymentDetail&, const std::string& title, Duration elapsed, Time now, Size,
                               bool colour);

// Draws frames over each other, where they differ. The cursor is hidden from the first to the end.
class Painter {
 public:
  explicit Painter(std::ostream& to) : to_(to) {}
  ~Painter() { finish(); }
  void draw(const std::vector<std::string>& lines);
  void finish();  // the last frame stays

 private:
  std::ostream& to_;
  std::vector<std::string> drawn_;
  bool hidden_ = false;
};

}  // namespace kontena::client
