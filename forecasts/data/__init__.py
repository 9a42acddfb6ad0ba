"""Measured series from files, with a report of their faults before anything is fitted; `forecasts.data.reading` reads one.

Weather has the names temp_c, ghi_w_m2, dni_w_m2, dhi_w_m2, wind_m_s, wind_100m_m_s, wind_u_m_s, wind_v_m_s, cloud_share,
humidity_percent, pressure_hpa, rain_mm and snow_m; any other name is a feature without a known meaning.
"""
