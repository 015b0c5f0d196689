<?php echo "six times seven: ", 6 * 7, "\n";
