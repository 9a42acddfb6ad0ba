function mpc = zurich_grid
% The City of Zurich at its connection: what is published of its grid is one sum, so there is one node behind one meter.
% The branch between the two is the meter: it has no resistance and hardly a reactance. 313 MW is the mean of 2019 (2741 GWh).
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [
	1	3	0	0	0	0	1	1	0	150	1	1.1	0.9;
	2	1	313	0	0	0	1	1	0	150	1	1.1	0.9;
];
mpc.gen = [
	1	0	0	0	0	1	100	1	1000	0;
];
mpc.branch = [
	1	2	0	0.0001	0	0	0	0	0	0	1	-360	360;
];
