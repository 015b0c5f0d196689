#pragma once

#include <string_view>
#include <vector>

namespace kontena::store {

// The names of the tables that load_view and apply know, for the test that walks them.
std::vector<std::string_view> view_tables();

}  // namespace kontena::store
