#pragma once

#include <set>

#include "keys.h"

// What is done to the whole document once each key is canonical.
namespace kontena::compose {

// Replaces `$…` in all values, keys not; a name that is not set is warned of once.
void interpolate_all(Reader&, Node& root);

// Lower case, only a-z 0-9 _ -, a letter or digit first; "" where nothing is left.
std::string project_name(std::string_view from);

// Gives services their environment: `env_file:` below `environment:`, names
// without a value from the client. Labels from `label_file:` likewise.
void resolve_files(Reader&, Node& services);

// Takes out the services that no active profile has, and names them.
std::set<std::string> drop_inactive(const std::vector<std::string>& active, Node& services);

// Whether services hold together with each other and with what is at the top.
void check_consistency(Reader&, const Node& root);

// Takes out what says nothing, as Compose does where it prints.
void omit_empty(Node& root);

// Default network, names of networks and volumes, what nobody uses taken out;
// references to what is not there, and circles of them, are problems.
void normalise(Reader&, Node& root, const std::string& project);

}  // namespace kontena::compose
