#pragma once

#include <map>
#include <set>
#include <string>

#include "kontena/image/parts.h"

// Archives in the layout of the Open Container Initiative: index.json names manifests, which are blobs themselves.
namespace kontena::image {

inline constexpr std::string_view blobs_folder = "blobs/sha256/";

// The one image that the index leads to. `texts` are the small blobs that may be manifests, `there` all blobs, both by
// digest. What is said about an image (attestations, artifacts) is passed over, and so are images of other platforms,
// which are named but did not come along. Code::corrupt where there is none, Code::unsupported where there are several.
Result<Manifest> manifest_of_layout(const std::string& index, const std::map<std::string, std::string>& texts,
                                    const std::set<std::string>& there);

}  // namespace kontena::image
