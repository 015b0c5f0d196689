#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "kontena/compose/read.h"
#include "notes.h"

namespace kontena::compose {

// What `${…}` stands for: the client's variables, below them those of `.env`. An included project
// sees the outer one's first, then those of its own files.
class Variables {
 public:
  Variables(const std::map<std::string, std::string>& client, std::string folder) : client_(client), folder_(folder) {}
  Variables(const Variables& outer, std::string folder) : Variables(outer) { folder_ = std::move(folder); }

  // The last of several files wins. `names` keeps the names of files, for marks.
  void add(const std::vector<Source>& env_files, std::deque<std::string>& names, Notes&);
  std::optional<std::string> find(std::string_view name) const;
  void set_project(std::string name) { project_ = std::move(name); }
  const std::map<std::string, std::string>& settings() const { return settings_; }

 private:
  std::map<std::string, std::string> client_;
  std::map<std::string, std::string> settings_;
  std::string folder_;
  std::string project_;
};

}  // namespace kontena::compose
