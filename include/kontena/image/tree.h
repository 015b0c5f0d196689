#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kontena/base/result.h"

// Files and folders as they are, to an archive and from one: for copies that people make.
namespace kontena::image {

struct TreeCount {
  std::int64_t entries = 0;
  std::int64_t bytes = 0;
  std::vector<std::string> passed_over;  // sockets, devices …; the first ten
};

// What is at `path`, under `name`, with its modes and times; links as links. A file that shrinks meanwhile is an error.
Result<TreeCount> pack_tree(const std::string& path, const std::string& name, const std::function<Status(std::string_view)>& sink);

// Puts an archive into `folder`, which is there. The first part of each name becomes `name`; "" leaves it away, so that
// what is in the archive's one folder lands in `folder` itself. Files are replaced, folders are filled. Nothing outside
// of `folder` is written, whatever the archive says: names that lead out are Code::corrupt, and no link is gone
// through, be it the archive's or there before. Modes are kept, but not those that give others' rights (setuid, setgid).
// `next` gives the archive piece by piece, "" at its end.
Result<TreeCount> unpack_tree(const std::string& folder, const std::string& name, const std::function<Result<std::string>()>& next);

}  // namespace kontena::image
