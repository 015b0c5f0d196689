#pragma once

#include <functional>
#include <string>

#include "kontena/base/result.h"

namespace kontena::image {

// The one name that everything in an archive of content is under.
inline constexpr std::string_view content_name = "content";

// Puts an archive of content to `path`: a file, or a folder with what is in it, owned by root. Nothing is
// made outside of it, whatever the archive says: names that lead out, links that do, and what is neither file,
// folder nor link are Code::corrupt. `path` is not to be there, or is an empty folder. What was made before an
// error is left. `next` gives the archive piece by piece, "" at its end.
Status unpack_content(const std::string& path, const std::function<Result<std::string>()>& next);

}  // namespace kontena::image
