#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../views.h"
#include "kontena/schedule/place.h"

namespace kontena::server {

// The nodes of each grid as placements are decided on them, kept from round to
// round: a round costs what has changed, not what there is. One thread's.
class NodeIndex {
 public:
  // Goes on with this view. `keys`: all that was written since the one before; one
  // that is "" means that it isn't known, and all is made anew. What was booked is
  // forgotten: the view tells what became of it.
  void follow(View view, const std::vector<std::string>& keys);
  void hear(const model::Liveness& all);

  // REQUIRES: nothing is booked since follow().
  void expect(std::shared_ptr<const schedule::Peaks>);

  const View& view() const { return view_; }  // null before the first follow()
  schedule::Nodes& of(const std::string& grid);

  void keep();  // what was booked is written, or will be
  void undo();  // what was booked since could not be written

 private:
  View view_;
  model::Liveness heard_;
  std::shared_ptr<const schedule::Peaks> peaks_;
  std::map<std::string, schedule::Nodes> grids_;
};

}  // namespace kontena::server
