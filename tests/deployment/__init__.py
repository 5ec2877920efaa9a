"""The files of deployment/, and OpenRisk as it is deployed: pooled, saved, traced, restarted."""
